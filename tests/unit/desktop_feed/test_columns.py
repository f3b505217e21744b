import base64
import json

import pytest

from desktop.core.feed_columns import EVENT_COLUMNS, KEY, KIND, PREVIEW, SIZE, STATUS
from desktop.core.feed_copy import event_as_json, row_as_json
from desktop.core.feed_tones import kind_tone, status_tone
from desktop.core.feed_wire import decode, encode
from desktop.core.feeds import FeedState, FeedStatus
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.feeds import FeedRejected, Tick, Window, WindowRequest

ROW = Row(7, 1, "embedded", "task.failed", "demo.fail", "id-1", "t", "celery-root", "FAILURE", "w1", 20_000_000, "boom")


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("SUCCESS", "ok"),
        ("FAILURE", "bad"),
        ("200", "ok"),
        ("404", "warn"),
        ("503", "bad"),
        ("1000", "wait"),
        ("1006", "bad"),
        ("x", None),
        ("", None),
    ],
)
def test_a_status_has_the_colour_of_what_it_means(status: str, tone: str | None) -> None:
    assert status_tone(status) == tone


def test_a_started_server_is_well_and_a_started_task_runs() -> None:
    assert kind_tone("server.lifecycle", "started") == "ok"
    assert kind_tone("task.started", "STARTED") == "run"
    assert STATUS.tone is not None
    assert STATUS.tone(ROW._replace(kind="server.lifecycle", status="started")) == "ok"


def test_cells_say_what_the_row_holds() -> None:
    assert SIZE.text(ROW) == "20 MB"
    assert SIZE.whole(ROW) == "20000000"
    assert KIND.tone is not None
    assert KIND.tone(ROW) == "bad"
    assert KEY.filter_field == "key"
    assert PREVIEW.filter_field == ""


def test_a_state_is_coloured_once_a_row() -> None:
    assert STATUS.tone is not None
    assert STATUS.tone(ROW) is None
    assert STATUS.tone(ROW._replace(kind="http.exchange", status="500")) == "bad"


def test_every_column_can_show_every_row() -> None:
    assert all(isinstance(column.text(ROW), str) and isinstance(column.whole(ROW), str) for column in EVENT_COLUMNS)


def test_a_copied_event_holds_its_json_body_with_integers_intact() -> None:
    body = base64.b64encode(b'{"id": 9223372036854775807}').decode()
    copied = json.loads(event_as_json(EventDetail(ROW, {"h": 1}, body, truncated=True)))
    assert copied["body"] == {"id": 9223372036854775807}
    assert copied["headers"] == {"h": 1}
    assert copied["truncated"] is True
    assert "preview" not in copied


def test_a_copied_event_tells_text_from_bytes() -> None:
    assert json.loads(event_as_json(EventDetail(ROW, body=base64.b64encode(b"words").decode())))["body"] == "words"
    assert json.loads(event_as_json(EventDetail(ROW, body=base64.b64encode(b"\xff").decode())))["body_base64"] == "/w=="
    assert json.loads(event_as_json(EventDetail(ROW)))["body"] is None


def test_a_copied_row_names_its_fields() -> None:
    assert json.loads(row_as_json(ROW))["subject"] == "demo.fail"


def test_messages_go_over_the_wire_and_back() -> None:
    assert json.loads(encode(WindowRequest(1, 2, 3, 4))) == {"feed": 1, "id": 2, "first": 3, "count": 4, "op": "window"}
    tick = decode(
        '{"op":"tick","feed":1,"start":0,"end":5,"scanned":5,"of":5,"rate":1.5,"dropped":0,"trimmed":0,"revision":0,"rows":[],"new":1}'
    )
    assert isinstance(tick, Tick)
    assert tick.end == 5
    assert isinstance(decode('{"op":"window","feed":1,"id":2,"first":0,"revision":0,"rows":[]}'), Window)
    assert isinstance(decode('{"op":"rejected","feed":1,"title":"t","hint":"h","position":0,"length":1}'), FeedRejected)
    assert decode('{"op":"of another version"}') is None


@pytest.mark.parametrize("data", ["", "[1]", "7", '{"op":"tick"}'])
def test_what_is_no_message_is_refused(data: str) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        decode(data)


def test_a_feed_is_live_paused_loading_or_offline() -> None:
    assert FeedStatus().state is FeedState.LOADING
    assert FeedStatus(live=True).state is FeedState.LIVE
    assert FeedStatus(paused=True).state is FeedState.PAUSED
    assert FeedStatus(live=True, offline=True).state is FeedState.OFFLINE
