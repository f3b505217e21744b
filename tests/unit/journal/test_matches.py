"""Row numbers in two bytes each behave as a plain list of numbers would."""

import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from embedded_server.journal.feeds.matches import BLOCK, FIRST_CHAR, FIRST_ORDINAL, Matches, block_of, match_sql


def as_text(numbers: list[int]) -> str:
    return "".join(chr(number % BLOCK + FIRST_CHAR) for number in numbers)


def by_block(numbers: list[int]) -> list[tuple[int, list[int]]]:
    bases = sorted({block_of(number) for number in numbers})
    return [(base, [number for number in numbers if block_of(number) == base]) for base in bases]


class MatchesAgainstAList(RuleBasedStateMachine):
    """Older ones, newer ones, trims and replacements in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.matches = Matches()
        self.model: list[int] = []
        self.start = FIRST_ORDINAL
        self.low = self.high = 5 * BLOCK
        self.kept_from = 0

    @rule(gaps=st.lists(st.integers(1, BLOCK), min_size=1, max_size=20))
    def news_come(self, gaps: list[int]) -> None:
        numbers = []
        for gap in gaps:
            self.high += gap
            numbers.append(self.high)
        for base, part in by_block(numbers):
            self.matches.add_newer(base, as_text(part))
        self.model += numbers

    @precondition(lambda self: not self.kept_from)
    @rule(gaps=st.lists(st.integers(1, BLOCK // 4), min_size=1, max_size=10))
    def older_ones_are_found(self, gaps: list[int]) -> None:
        numbers: list[int] = []
        for gap in gaps:
            if self.low - gap < 0:
                return
            self.low -= gap
            numbers.insert(0, self.low)
        for base, part in reversed(by_block(numbers)):
            self.matches.add_older(base, as_text(part))
        self.model = numbers + self.model
        self.start -= len(numbers)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def the_oldest_leave(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(self.model[0] - 1, self.model[-1] + 1))
        self.matches.forget_before(number)
        kept = [one for one in self.model if one >= number]
        self.start += len(self.model) - len(kept)
        self.model = kept
        self.kept_from = max(self.kept_from, number)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def some_change(self, data: st.DataObject) -> None:
        span = st.integers(self.model[0], self.model[-1] + 10)
        looked_at = data.draw(st.lists(span, unique=True, max_size=10))
        matching = [number for number in looked_at if data.draw(st.booleans())]
        self.matches.replace(looked_at, matching)
        self.model = sorted((set(self.model) - set(looked_at)) | set(matching))
        self.high = max([self.high, *looked_at])

    @invariant()
    def it_is_the_list(self) -> None:
        assert self.matches.start == self.start
        assert len(self.matches) == len(self.model)
        assert self.matches.numbers(self.start, len(self.model)) == self.model
        assert self.matches.numbers(self.start - 5, 10) == self.model[:5]
        middle = len(self.model) // 2
        assert self.matches.numbers(self.start + middle, 3) == self.model[middle : middle + 3]


MatchesAgainstAList.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestMatches = MatchesAgainstAList.TestCase


@given(st.sets(st.integers(3 * BLOCK, 4 * BLOCK - 1), max_size=200))
@settings(max_examples=30, deadline=None)
def test_sqlite_builds_the_same_text(numbers: set[int]) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("create table t (n integer primary key)")
    db.executemany("insert into t values (?)", [(number,) for number in numbers])
    found = db.execute(match_sql("t", "t.n", "1"), (3 * BLOCK, 0, 10 * BLOCK)).fetchone()[0]
    db.close()
    assert (found or "") == as_text(sorted(numbers))


def test_a_full_block_takes_two_bytes_a_match() -> None:
    text = as_text(list(range(BLOCK)))
    assert len(text.encode("utf-16-le")) == 2 * BLOCK
    assert text.__sizeof__() < 2 * BLOCK + 200
