import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.contracts.events import MAX_PREVIEW_CHARS, Event, Join, Kind
from embedded_server.tasks.ingest import KNOWN_TASKS, Ingest, progress_of
from tests.unit.tasks.events import AT, NS, WORKER, described, life, sent, wire


def convert(*events: Any, ingest: Ingest | None = None) -> list[Event]:
    return (ingest or Ingest()).convert(events)


def test_an_event_carries_the_task_the_state_the_worker_and_its_trace() -> None:
    (event,) = convert(described("task-received", "t1", AT + 0.5, root_id="r1"))
    assert event.kind is Kind.TASK_RECEIVED
    assert (event.subject, event.key, event.status, event.worker) == ("shop.pay", "t1", "RECEIVED", WORKER)
    assert (event.trace, event.joined) == ("r1", Join.CELERY_ROOT)
    assert event.at == AT * NS + NS // 2
    assert event.size == len(event.body)
    assert json.loads(event.body)["name"] == "shop.pay"


def test_later_events_of_a_task_get_its_name_and_trace_though_they_carry_only_its_id() -> None:
    events = convert(*life())
    assert {event.subject for event in events} == {"shop.pay"}
    assert {event.trace for event in events} == {"t1"}
    assert [event.kind for event in events] == [
        Kind.TASK_SENT, Kind.TASK_RECEIVED, Kind.TASK_STARTED, Kind.TASK_PROGRESS, Kind.TASK_PROGRESS, Kind.TASK_SUCCEEDED,
    ]  # fmt: skip


def test_a_task_of_an_earlier_run_is_known_by_its_seed() -> None:
    ingest = Ingest()
    ingest.seed([("t1", "shop.pay", "r1")])
    (event,) = convert(wire("task-succeeded", result="1", runtime=0.1), ingest=ingest)
    assert (event.subject, event.trace) == ("shop.pay", "r1")


def test_an_unknown_task_has_no_name_and_no_trace() -> None:
    (event,) = convert(wire("task-succeeded", result="1", runtime=0.1))
    assert (event.subject, event.trace, event.joined) == ("", "", Join.NONE)


def test_the_newest_tasks_are_remembered_however_many_come() -> None:
    ingest = Ingest()
    for number in range(2 * KNOWN_TASKS):
        convert(sent(f"t{number}"), ingest=ingest)
    (newest,) = convert(wire("task-started", f"t{2 * KNOWN_TASKS - 1}"), ingest=ingest)
    assert newest.subject == "shop.pay"
    assert len(ingest._known) + len(ingest._older) <= KNOWN_TASKS


@pytest.mark.parametrize(
    ("event", "preview"),
    [
        (sent(args="(1, 2)", kwargs="{}"), "(1, 2)"),
        (sent(args="(1,)", kwargs="{'x': 2}"), "(1,) {'x': 2}"),
        (wire("task-succeeded", result="'paid'", runtime=1.0), "'paid'"),
        (wire("task-failed", exception="ValueError('x')", traceback="..."), "ValueError('x')"),
        (wire("task-progress", current=1, total=4, note="one"), "25% one"),
        (wire("task-progress", progress=0.5), "50%"),
        (wire("task-revoked", terminated=True, signum="15", expired=False), "terminated"),
        (wire("task-revoked", terminated=False, expired=True), "expired"),
        (wire("task-rejected", requeue=True), "requeued"),
        (wire("task-started"), ""),
    ],
)
def test_the_preview_says_what_the_event_tells(event: dict[str, Any], preview: str) -> None:
    assert convert(event)[0].preview == preview


def test_a_long_result_is_one_line_in_the_preview_and_whole_in_the_body() -> None:
    result = "line\n" * 1000
    (event,) = convert(wire("task-succeeded", result=result, runtime=1.0))
    assert len(event.preview) <= MAX_PREVIEW_CHARS
    assert "\n" not in event.preview
    assert json.loads(event.body)["result"] == result


def test_a_heartbeat_is_no_event() -> None:
    assert convert({"type": "worker-heartbeat", "hostname": WORKER, "timestamp": AT}) == []


def test_workers_come_and_go_under_their_own_name() -> None:
    base = {"hostname": WORKER, "timestamp": AT, "sw_ident": "py-celery", "sw_ver": "5.7.0", "sw_sys": "Linux"}
    online, offline = convert({"type": "worker-online", **base}, {"type": "worker-offline", **base})
    assert (online.kind, online.subject, online.worker, online.preview) == (
        Kind.WORKER_ONLINE, WORKER, WORKER, "py-celery 5.7.0 Linux",
    )  # fmt: skip
    assert offline.kind is Kind.WORKER_OFFLINE


def test_an_event_of_the_users_own_making_is_kept_with_its_type_and_state() -> None:
    (event,) = convert(wire("task-building", state="BUILDING", colour="red"))
    assert (event.kind, event.status, event.preview) == (Kind.TASK_CUSTOM, "BUILDING", "task-building")
    assert json.loads(event.body)["colour"] == "red"


@pytest.mark.parametrize(
    "event",
    [
        None, 7, "text", [], {}, {"type": "task-sent"}, {"type": 3, "timestamp": 1, "hostname": "x"}, wire("task-started", at=-1),
        wire("task-started", at=float("nan")), wire("task-started", at=float("inf")), {**wire("task-started"), "uuid": None},
        {**wire("task-started"), "hostname": None}, {**wire("task-started"), "timestamp": "soon"},
        {"type": "task-sent", "hostname": "x", "timestamp": 1},
    ],
)  # fmt: skip
def test_a_malformed_event_is_kept_as_such(event: Any) -> None:
    (made,) = convert(event)
    assert made.kind is Kind.TASK_CUSTOM
    assert made.subject == "malformed"
    assert made.preview.startswith("Malformed event")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
_fields = ["type", "uuid", "hostname", "timestamp", "name", "args", "kwargs", "root_id", "retries", "result", "runtime", "exception",
           "state",            "current", "total", "progress", "note", "terminated", "requeue", "sw_ident"]  # fmt: skip
_types = st.sampled_from(["task-sent", "task-received", "task-started", "task-progress", "task-succeeded", "task-failed", "task-retried",
                          "task-revoked", "task-rejected", "task-x", "worker-online", "worker-x"])  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(_fields), _json), _types, st.booleans())
def test_whatever_a_worker_sends_becomes_one_event_and_never_an_error(fields: dict[str, Any], type_: str, whole: bool) -> None:
    event = {**wire(type_), **fields} if whole else fields
    made = convert(event)
    assert len(made) == (0 if event.get("type") == "worker-heartbeat" else 1)
    assert len(made[0].preview) <= MAX_PREVIEW_CHARS
    assert "\n" not in made[0].preview
    made[0].preview.encode()


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(_fields), _json))
def test_progress_is_from_0_to_1_or_unknown(fields: dict[str, Any]) -> None:
    progress = progress_of(fields)
    assert progress == -1 or 0 <= progress <= 1


def test_a_pickle_body_is_kept_and_never_unpickled() -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    body = pickle.dumps(Bomb())
    event = Ingest().undecodable(body, "application/x-python-serialize")
    assert event.body == body
    assert "application/x-python-serialize" in event.preview
    assert str(len(body)) in event.preview


def held(task_id: str = "t1") -> Event:
    return Event(AT * NS, "embedded", Kind.TASK_SENT, "shop.pay", task_id, task_id, Join.CELERY_ROOT, "PENDING", body=b'{"args":[1]}')


def test_a_task_we_sent_is_told_once_when_the_confirm_comes_first() -> None:
    ingest = Ingest()
    ingest.expect(held())
    assert ingest.withdraw("t1") == held()
    assert convert(sent(), ingest=ingest) == []
    assert [event.kind for event in convert(wire("task-started"), ingest=ingest)] == [Kind.TASK_STARTED]


def test_a_task_we_sent_is_told_once_and_first_when_the_wire_is_faster_than_the_confirm() -> None:
    ingest = Ingest()
    ingest.expect(held())
    told = convert(described("task-received"), ingest=ingest)
    assert [event.kind for event in told] == [Kind.TASK_SENT, Kind.TASK_RECEIVED]
    assert convert(sent(), ingest=ingest) == []
    assert ingest.withdraw("t1") is None


def test_a_retry_of_a_task_we_sent_is_told_again() -> None:
    ingest = Ingest()
    ingest.expect(held())
    ingest.withdraw("t1")
    convert(sent(), ingest=ingest)
    assert [event.kind for event in convert(sent(retries=1), ingest=ingest)] == [Kind.TASK_SENT]
