from hypothesis import given
from hypothesis import strategies as st

from desktop.core.feed_filter import compose, quoted, term, with_term


def test_the_typed_text_alone_is_sent_as_it_is() -> None:
    composed = compose("", [], "  kind:task OR size:>1kB")
    assert composed.text == "kind:task OR size:>1kB"
    assert composed.in_typed(5, 4) == (7, 4)


def test_parts_are_joined_so_that_an_or_stays_inside_its_own() -> None:
    assert compose("kind:server.log", ["status:ERROR"], "a OR b").text == "(kind:server.log) (status:ERROR) (a OR b)"


def test_a_base_filter_alone_needs_no_parentheses() -> None:
    assert compose("kind:task", [], "").text == "kind:task"


def test_an_error_is_marked_where_the_user_typed_it() -> None:
    composed = compose("kind:task", ["status:ERROR"], "colour:red")
    at = composed.text.index("colour")
    assert composed.in_typed(at, 6) == (0, 6)


def test_an_error_at_the_very_end_still_marks_a_place() -> None:
    composed = compose("kind:task", [], "(a OR b")
    assert composed.in_typed(len(composed.text), 1) == (7, 1)


def test_plain_values_stay_plain_and_others_are_quoted() -> None:
    assert term("worker", "web-1") == "worker:web-1"
    assert term("subject", "a b") == 'subject:"a b"'
    assert term("key", '-x"y', exclude=True) == r'-key:"-x\"y"'
    assert quoted("OR") == '"OR"'
    assert quoted("a*") == '"a*"'
    assert quoted("") == '""'


def test_a_term_is_added_once() -> None:
    assert with_term("", "a:b") == "a:b"
    assert with_term("x", "a:b") == "x a:b"
    assert with_term("x a:b", "a:b") == "x a:b"
    assert with_term("x OR y", "a:b") == "(x OR y) a:b"


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=10), max_size=3), st.text(max_size=20), st.integers(0, 90))
def test_a_place_always_lies_in_the_typed_text(base: str, chips: list[str], typed: str, position: int) -> None:
    start, length = compose(base, chips, typed).in_typed(position, 3)
    assert 0 <= start <= len(typed)
    assert length >= 1
