"""Which rows match a filter, in two bytes each, so that a filter over ten million rows may match them all.

Rows are numbered; numbers are kept in blocks of ``BLOCK`` as one string a block, whose characters are the row's offset in the block
plus ``FIRST_CHAR``. SQLite builds that string itself (`MATCH_SQL`), without Python touching a row: a block full of matches arrives in
a twentieth of the time that fetching its numbers takes, and other threads run meanwhile.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

BLOCK: Final = 32_768
FIRST_CHAR: Final = 0x1000
"""With `BLOCK` characters from here on all are below the surrogates, and Python stores each in two bytes."""
FIRST_ORDINAL: Final = 1 << 40
"""Where ordinals begin: matches found later that are older count down from here, news counts up."""


def match_sql(table: str, id_column: str, condition: str) -> str:
    """SQL for the matches of one block; parameters are the block's first number, then the range, then the condition's."""
    return (
        f"select group_concat(char(id - ? + {FIRST_CHAR}), '') from "  # noqa: S608 - of our own parts; values are bound
        f"(select {id_column} as id from {table} where {id_column} >= ? and {id_column} < ? and ({condition}) order by {id_column})"
    )


def block_of(number: int) -> int:
    """The first number of the block that *number* is in."""
    return number - number % BLOCK


@dataclass(slots=True)
class _Block:
    base: int
    text: str

    def numbers(self, low: int, high: int) -> list[int]:
        shift = self.base - FIRST_CHAR
        return [ord(char) + shift for char in self.text[low:high]]


class Matches:
    """Row numbers in ascending order, each with an ordinal that stays: older ones go before the start, newer ones after the end."""

    def __init__(self) -> None:
        self.start = FIRST_ORDINAL
        self.end = FIRST_ORDINAL
        self._blocks: list[_Block] = []
        self._ends: list[int] | None = None

    def __len__(self) -> int:
        return self.end - self.start

    def add_older(self, base: int, text: str) -> None:
        """Add *text*, matches of the block at *base* that are older than all there are."""
        if not text:
            return
        if self._blocks and self._blocks[0].base == base:
            self._blocks[0].text = text + self._blocks[0].text
        else:
            self._blocks.insert(0, _Block(base, text))
        self.start -= len(text)
        self._ends = None

    def add_newer(self, base: int, text: str) -> None:
        """Add *text*, matches of the block at *base* that are newer than all there are."""
        if not text:
            return
        if self._blocks and self._blocks[-1].base == base:
            self._blocks[-1].text += text
        else:
            self._blocks.append(_Block(base, text))
        self.end += len(text)
        self._ends = None

    def forget_before(self, number: int) -> None:
        """Let go of matches before *number*: they have left the journal."""
        while self._blocks and self._blocks[0].base + BLOCK <= number:
            self.start += len(self._blocks.pop(0).text)
            self._ends = None
        if self._blocks and self._blocks[0].base < number:
            block = self._blocks[0]
            gone = bisect_left(block.text, chr(number - block.base + FIRST_CHAR))
            if gone:
                block.text = block.text[gone:]
                self.start += gone
                self._ends = None

    def replace(self, looked_at: Iterable[int], matching: Collection[int]) -> None:
        """Of the rows *looked_at* keep exactly those that are *matching*; ordinals of rows after a change move, the start stays."""
        touched: dict[int, set[str]] = {}
        for number in looked_at:
            touched.setdefault(block_of(number), set()).add(chr(number % BLOCK + FIRST_CHAR))
        wanted: dict[int, set[str]] = {}
        for number in matching:
            wanted.setdefault(block_of(number), set()).add(chr(number % BLOCK + FIRST_CHAR))
        bases = [block.base for block in self._blocks]
        for base in sorted(touched):
            at = bisect_left(bases, base)
            if at == len(bases) or bases[at] != base:
                self._blocks.insert(at, _Block(base, ""))
                bases.insert(at, base)
            block = self._blocks[at]
            block.text = _merged(block.text, touched[base], wanted.get(base, set()))
        self._blocks = [block for block in self._blocks if block.text]
        self.end = self.start + sum(len(block.text) for block in self._blocks)
        self._ends = None

    def numbers(self, first: int, count: int) -> list[int]:
        """Row numbers of the ordinals ``first .. first + count``, as many as there are."""
        low = max(first, self.start) - self.start
        high = min(first + count, self.end) - self.start
        found: list[int] = []
        if low >= high:
            return found
        ends = self._ends_of_blocks()
        at = bisect_right(ends, low)
        while low < high:
            block = self._blocks[at]
            before = ends[at] - len(block.text)
            taken = block.numbers(low - before, high - before)
            found += taken
            low += len(taken)
            at += 1
        return found

    def _ends_of_blocks(self) -> list[int]:
        if self._ends is None:
            self._ends = list(accumulate(len(block.text) for block in self._blocks))
        return self._ends


def _merged(text: str, looked_at: set[str], matching: set[str]) -> str:
    if not text or min(looked_at) > text[-1]:  # news at the end, by far the most frequent
        return text + "".join(sorted(matching))
    return "".join(sorted((set(text) - looked_at) | matching))
