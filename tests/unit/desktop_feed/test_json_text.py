import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.json_text import JsonKind, NotJson, Span, children_of, is_container, kind_of, outer_span, root_of, shown, string_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def rebuilt(text: str, span: Span) -> Any:
    kind = kind_of(text, span)
    if kind is JsonKind.OBJECT:
        return {child.key: rebuilt(text, child) for child in children_of(text, span)}
    if kind is JsonKind.ARRAY:
        return [rebuilt(text, child) for child in children_of(text, span)]
    return json.loads(text[span.start : span.end])


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_the_tree_is_what_a_parser_would_have_read(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert rebuilt(text, root_of(text)) == value


@given(st.text(alphabet='{}[]",:\\ 1atrue', max_size=40))
def test_anything_else_is_refused_and_never_breaks(text: str) -> None:
    def walk(span: Span) -> None:
        shown(text, span)
        if is_container(text, span):
            for child in children_of(text, span):
                walk(child)

    try:
        walk(root_of(text))
    except NotJson as exc:
        assert 0 <= exc.at <= len(text)  # noqa: PT017 - only where it is refused


@pytest.mark.parametrize("number", ["9223372036854775807", "123456789012345678901234567890", "129.50", "1E400", "-0.0"])
def test_numbers_stand_as_they_were_written(number: str) -> None:
    text = f'{{"n": {number}}}'
    (child,) = children_of(text, root_of(text))
    assert shown(text, child) == number


def test_long_strings_are_shortened_for_showing_only() -> None:
    text = json.dumps({"x": "y" * 10_000})
    (child,) = children_of(text, root_of(text))
    assert len(shown(text, child)) < 600
    assert string_of(text, child.start, child.end) == "y" * 10_000


def test_text_after_the_value_is_refused() -> None:
    with pytest.raises(NotJson) as caught:
        root_of('{"a": 1} x')
    assert caught.value.at == 9


def test_the_outer_span_trusts_the_brackets_and_children_tell_the_truth() -> None:
    text = '{"a": 1, oops}'
    children = children_of(text, outer_span(text))
    assert next(children).key == "a"
    with pytest.raises(NotJson):
        next(children)
