import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.json_check import Checked, JsonFault, check_args, check_kwargs, lay_out

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def fault_of(checked: Checked) -> JsonFault:
    assert checked.fault is not None
    return checked.fault


def test_nothing_typed_means_no_arguments() -> None:
    assert check_args("  \n").value == []
    assert check_kwargs("").value == {}


@given(st.lists(json_values, max_size=4))
def test_whatever_json_can_say_is_taken_unchanged(value: list[object]) -> None:
    assert check_args(json.dumps(value)).value == value


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, -(2**63), 2**64 + 1, 10**40])
def test_integers_of_any_size_are_untouched(number: int) -> None:
    value = check_args(f"[{number}]").value
    assert json.dumps(value) == f"[{number}]"


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("[1, 2", 1, 6, "Close what was opened"),
        ("[1, 2,]", 1, 7, "Remove the last comma"),
        ("['a']", 1, 2, "for a text and for every name"),
        ("[\u201ca\u201d]", 1, 2, "for a text and for every name"),
        ("[1,\n True]", 2, 2, "true, false and null"),
        ("[1 2]", 1, 4, "Separate values"),
        ("2, 3", 1, 2, "between brackets"),
        ("[1] [2]", 1, 5, "after the last bracket"),
        ('["a]', 1, 2, "double quote"),
        ('["a\nb"]', 1, 4, "\\n"),
        ('["\\d"]', 1, 3, "twice"),
        ("[1,\n\n  @]", 3, 3, "Write a value"),
        ("[abc]", 1, 2, "numbers, true, false"),
    ],
)
def test_a_fault_names_its_line_and_column_and_what_to_try(text: str, line: int, column: int, hint: str) -> None:
    fault = fault_of(check_args(text))
    assert (fault.line, fault.column) == (line, column)
    assert hint in fault.hint


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('{"x" 2}', "A colon is missing here"),
        ("{x: 2}", "A name between double quotes belongs here"),
        ("[1]", "Keyword arguments are a JSON object"),
        ('{"x": 1,}', "A comma stands before the end"),
    ],
)
def test_keyword_arguments_are_an_object(text: str, title: str) -> None:
    assert fault_of(check_kwargs(text)).title == title


def test_positional_arguments_are_not_an_object() -> None:
    fault = fault_of(check_args('\n  {"x": 1}'))
    assert (fault.line, fault.column) == (2, 3)


@pytest.mark.parametrize("token", ["NaN", "-Infinity", "1e999"])
def test_what_json_lacks_is_refused_where_it_stands(token: str) -> None:
    fault = fault_of(check_args(f"[1, {token}]"))
    assert fault.position == 4
    assert fault.params == {"token": token}


def test_a_name_that_stands_twice_is_refused_rather_than_lost() -> None:
    assert fault_of(check_kwargs('{"x": 1, "x": 2}')).params == {"token": '"x"'}


def test_depth_and_length_beyond_reason_are_faults_not_crashes() -> None:
    assert fault_of(check_args("[" * 100_000)).title
    assert fault_of(check_args(f"[{'9' * 5000}]")).title == "A number in here is too long"


def test_half_of_a_character_is_refused_because_it_cannot_be_sent() -> None:
    assert fault_of(check_args('["\\ud83d"]')).title == "Half of a character stands in here"
    assert check_args('["\\ud83d\\ude00"]').value == ["\U0001f600"]


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    checked = check_args(text)
    assert checked.ok or (0 <= fault_of(checked).position <= len(text) and fault_of(checked).line >= 1)


@given(st.dictionaries(st.text(), json_values) | st.lists(json_values))
def test_laid_out_json_says_the_same(value: object) -> None:
    assert json.loads(lay_out(json.dumps(value))) == value
    assert lay_out(json.dumps(value)) == json.dumps(value, indent=2)


def test_laying_out_keeps_numbers_and_fields_as_they_are_written() -> None:
    assert lay_out('{"a":1.10,"b":{{int}},"c":[],"d":{"e":1e400}}') == (
        '{\n  "a": 1.10,\n  "b": {{int}},\n  "c": [],\n  "d": {\n    "e": 1e400\n  }\n}'
    )
