import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.tasks import EnqueueRequest
from embedded_server.tasks.arguments import checked, parse_request
from embedded_server.tasks.problems import InvalidArguments, InvalidSchedule


def check(**fields: Any) -> Any:
    return checked(EnqueueRequest(**{"name": "demo.add", **fields}), "id", lambda: "default")


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**64 + 1, 10**40, 0.1, -0.0])
def test_numbers_arrive_as_they_were_sent_however_deep(number: float) -> None:
    body = json.dumps({"name": "n", "args": [number, {"a": [[number]]}], "kwargs": {"x": {"y": number}}}).encode()
    request = parse_request(body)
    assert repr(request.args) == repr([number, {"a": [[number]]}])
    assert repr(request.kwargs) == repr({"x": {"y": number}})
    sent = json.loads(checked(request, "id", lambda: "q").body)
    assert repr(sent["args"][0]) == repr(number)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"name": "n",\n "args": [1,]}', "line 2, column"),
        (b'{"name": "n", "args": [1', "line 1, column 25"),
        (b"", "line 1, column 1"),
        (b"[1]", "the start"),
        (b'{"name": "n", "argz": []}', "argz"),
        (b'{"args": []}', "name"),
        (b'{"name": 7}', "name"),
        (b'{"name": "n", "args": {"x": 1}}', "args"),
        (b'{"name": "n", "args": null}', "args"),
        (b'{"name": "n", "kwargs": [1]}', "kwargs"),
        (b'{"name": "n", "priority": true}', "priority"),
        (b'{"name": "n", "countdown": "5"}', "countdown"),
        (b'{"name": "n", "args": [NaN]}', "NaN"),
        (b'{"name": "n", "args": [-Infinity]}', "-Infinity"),
        (b'{"name": "n", "args": ["\xff"]}', "byte 24"),
        (b'{"name": "n", "args": [' + b"9" * 5000 + b"]}", "args"),
        (b'{"name": "n", "args": ' + b"[" * 100_000, "args"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_remedy(body: bytes, where: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse_request(body)
    problem = caught.value.problem()
    assert where in problem.title
    assert problem.hint
    assert problem.status == 422


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_is_sent_is_understood_or_refused_with_words(body: bytes) -> None:
    with contextlib.suppress(UserFacingError):
        assert parse_request(body).name


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="surrogate"):
        check(args=json.loads('["\\ud800"]'))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"bytes"])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArguments):
        check(args=[value])


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 256])
def test_a_task_needs_a_usable_name(name: str) -> None:
    with pytest.raises(InvalidArguments, match="name"):
        check(name=name)


@pytest.mark.parametrize(
    "fields",
    [
        {"countdown": 5.0, "eta": "2030-01-01T00:00:00Z"},
        {"countdown": -1.0},
        {"countdown": float("nan")},
        {"countdown": 1e12},
        {"eta": "soon"},
        {"eta": "2030-01-01T00:00:00"},
        {"priority": 10},
        {"priority": -1},
        {"queue": " x"},
        {"queue": "ö" * 128},
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        check(**fields)
    assert caught.value.problem().hint


def test_an_eta_keeps_its_zone() -> None:
    assert check(eta="2030-01-01T00:00:00+08:00").eta.isoformat() == "2030-01-01T00:00:00+08:00"


def test_the_queue_is_the_one_asked_for_or_the_default() -> None:
    assert check(queue="mine").queue == "mine"
    assert check().queue == "default"
    assert check(queue="").queue == "default"
