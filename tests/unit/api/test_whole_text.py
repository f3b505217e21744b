"""Half a character is refused before anything keeps it, and no answer fails for quoting one."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.api.errors import ProblemResponse
from embedded_server.api.whole_text import HalfCharacter, check
from embedded_server.contracts.problems import ProblemDetails


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_is_refused_exactly_where_it_has_half_a_character(text: str) -> None:
    body = json.dumps({"vhost": text}).encode()
    is_whole = not any(0xD800 <= ord(char) < 0xE000 for char in json.loads(body)["vhost"])
    if is_whole:
        check(body)
    else:
        with pytest.raises(HalfCharacter):
            check(body)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'"\\ud800', b'"\\\\ud800"', b'"\\ud83d\\ude00"', b"\xff\\ud800", b"[" * 100_000 + b'"\\ud800"']
)
def test_what_is_no_json_or_is_whole_is_left_to_the_others(body: bytes) -> None:
    check(body)


def test_a_problem_is_told_whatever_it_quotes() -> None:
    problem = ProblemDetails("x", "Wrong: \ud800", 422, params={"rate": math.inf, "of": [math.nan, "\udfff", 1.5]})
    told = json.loads(bytes(ProblemResponse(problem).body))
    assert (told["title"], told["params"]) == ("Wrong: ?", {"rate": "inf", "of": ["nan", "?", 1.5]})
