"""A stream's state and figures in words."""

from typing import Any

import pytest

from desktop.core.streams_words import close_text, count_text, countdown, open_count, rate_text, resume_proof, state_tone, summary
from embedded_server.contracts.streams import StreamKind, StreamState
from tests.unit.desktop_streams.streams import NOW, make_problem, make_stream


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({"state": StreamState.OPEN}, "ok"),
        ({"state": StreamState.CONNECTING}, "run"),
        ({"state": StreamState.WAITING, "problem": make_problem()}, "warn"),
        ({"state": StreamState.CLOSED}, "wait"),
        ({"state": StreamState.CLOSED, "problem": make_problem()}, "bad"),
        ({"state": StreamState.CLOSED, "problem": make_problem(), "close_code": 1000}, "wait"),
    ],
)
def test_only_a_fault_is_red(changes: dict[str, Any], tone: str) -> None:
    assert state_tone(make_stream(**changes)) == tone


def test_a_countdown_says_which_attempt_comes_when() -> None:
    stream = make_stream(state=StreamState.WAITING, attempt=2, retry_at=NOW + 3_200_000_000)
    assert countdown(stream, NOW) == "attempt 3 in 4 s"
    assert summary(stream, NOW) == "attempt 3 in 4 s"
    assert countdown(make_stream(state=StreamState.CONNECTING, attempt=3), NOW) == "attempt 3"
    assert not countdown(make_stream(state=StreamState.OPEN), NOW)


def test_the_resume_proof_tells_id_count_and_repetitions() -> None:
    assert not resume_proof(make_stream())
    assert resume_proof(make_stream(last_event_id="e:7")) == "last id e:7"
    assert resume_proof(make_stream(last_event_id="e:7", resumed=3)) == "last id e:7 · resumed 3 times · nothing came twice"
    assert resume_proof(make_stream(last_event_id="e:7", resumed=1, duplicates=2)) == "last id e:7 · resumed once · 2 came twice"


def test_figures_name_what_they_count() -> None:
    assert count_text(make_stream(received=1234)) == "1,234 received"
    assert count_text(make_stream(received=1, sent=2, kind=StreamKind.WEBSOCKET)) == "1 received · 2 sent"
    assert close_text(make_stream(close_code=4002)) == "close code 4002"
    assert rate_text(make_stream(state=StreamState.OPEN, rate=12.0)) == "12 / s"
    assert not rate_text(make_stream(rate=12.0))


def test_streams_that_try_again_count_as_open() -> None:
    states = [StreamState.OPEN, StreamState.WAITING, StreamState.CLOSED, StreamState.IDLE]
    assert open_count([make_stream(state=state) for state in states]) == 2
