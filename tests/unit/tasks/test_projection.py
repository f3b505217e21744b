import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.contracts.events import Event, Kind
from embedded_server.tasks.projection import TaskProjection
from embedded_server.tasks.record import FIRST_STEPS, MAX_STEPS, MAX_TEXT_CHARS
from tests.unit.tasks.events import AT, NS, WORKER, Table, described, life, retried_life, sent, wire


def test_a_whole_life_in_one_batch() -> None:
    table = Table()
    table.tell(*life())
    task = table.task()
    assert (task["state"], task["name"], task["queue"], task["worker"]) == ("SUCCESS", "shop.pay", "celery", WORKER)
    assert (task["args"], task["kwargs"], task["result"]) == ("(1,)", "{}", "'paid'")
    times = [task[name] - AT * NS for name in ("sent_at", "received_at", "started_at", "finished_at")]
    assert times == [0, NS, 2 * NS, 4 * NS]
    assert task["runtime_ns"] == 1_750_000_000
    assert (task["progress"], task["note"]) == (0.75, "three")
    assert task["steps"] == "1,2,3,4,5,6"
    assert task["wait_ns"] == 2 * NS


def test_each_state_shows_as_it_comes() -> None:
    table = Table()
    states = []
    for event in life():
        table.tell(event)
        states.append(table.task()["state"])
    assert states == ["PENDING", "RECEIVED", "STARTED", "PROGRESS", "PROGRESS", "SUCCESS"]
    assert table.counts() == {"SUCCESS": 1}


def test_a_retried_task_runs_again_and_counts_its_retries() -> None:
    table = Table()
    states = []
    for event in retried_life():
        table.tell(event)
        states.append(table.task()["state"])
    assert states == ["PENDING", "RECEIVED", "STARTED", "STARTED", "RETRY", "RECEIVED", "STARTED", "FAILURE"]
    task = table.task()
    assert (task["retries"], task["result"], task["runtime_ns"]) == (1, "Refused('no')", NS)


def settled(table: Table, uuid: str = "t1") -> dict[str, Any]:
    """What must not depend on the order: all but which event came when."""
    task = table.task(uuid)
    return {name: value for name, value in task.items() if name not in {"row", "steps"}}


@pytest.mark.parametrize("events", [life(), retried_life()], ids=["success", "retry"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_order_and_any_doubling_of_events_ends_the_same(events: list[dict[str, Any]], data: st.DataObject) -> None:
    expected = Table()
    expected.tell(*events)
    order = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4))))
    cut = data.draw(st.integers(0, len(order)))
    shuffled = Table()
    shuffled.tell(*events[:1])  # the name is known from the first event on, or later ones would have to be told it
    shuffled.tell(*order[:cut])
    shuffled.tell(*order[cut:])
    assert settled(shuffled) == settled(expected)
    assert shuffled.counts() == expected.counts()


def test_batches_of_any_size_end_the_same() -> None:
    events = list(itertools.chain(*(life(f"t{number}", AT + number) for number in range(20))))
    random.Random(7).shuffle(events)
    whole, single = Table(), Table()
    whole.tell(*events)
    for event in events:
        single.tell(event)
    assert [settled(whole, f"t{number}") for number in range(20)] == [settled(single, f"t{number}") for number in range(20)]
    assert whole.counts() == single.counts() == {"SUCCESS": 20}


def test_a_task_first_seen_at_its_end_is_there() -> None:
    table = Table()
    table.tell(wire("task-succeeded", result="1", runtime=0.5))
    task = table.task()
    assert (task["state"], task["name"], task["finished_at"], task["runtime_ns"]) == ("SUCCESS", "", AT * NS, NS // 2)


def test_a_sender_whose_clock_is_ahead_does_not_set_a_task_back() -> None:
    table = Table()
    table.tell(described("task-received", at=AT), wire("task-started", at=AT + 1), sent(at=AT + 60))
    assert table.task()["state"] == "STARTED"


def test_progress_told_just_before_the_start_counts() -> None:
    table = Table()
    table.tell(described("task-received", at=AT), wire("task-progress", at=AT + 0.99, progress=0.1), wire("task-started", at=AT + 1))
    assert table.task()["state"] == "PROGRESS"


def test_progress_of_the_attempt_before_does_not_count() -> None:
    table = Table()
    table.tell(*retried_life()[:3], wire("task-progress", at=AT + 2.5, progress=0.9), *retried_life()[3:7])
    assert table.task()["state"] == "STARTED"


def test_a_task_delivered_again_after_its_worker_was_killed_runs_again() -> None:
    table = Table()
    table.tell(*life()[:4], described("task-received", at=AT + 30), wire("task-started", at=AT + 31, hostname="celery@other"))
    task = table.task()
    assert (task["state"], task["worker"]) == ("STARTED", "celery@other")
    table.tell(wire("task-succeeded", at=AT + 32, result="1", runtime=1.0, hostname="celery@other"))
    assert table.task()["state"] == "SUCCESS"


def test_a_state_of_the_users_own_is_kept() -> None:
    table = Table()
    table.tell(*life()[:3], wire("task-building", at=AT + 3, state="BUILDING", progress=0.5))
    task = table.task()
    assert (task["state"], task["progress"]) == ("BUILDING", 0.5)
    table.tell(wire("task-failed", at=AT + 4, exception="E()", traceback=""))
    assert table.task()["state"] == "FAILURE"


def test_a_custom_event_without_a_state_changes_nothing_but_the_steps() -> None:
    table = Table()
    table.tell(*life()[:3], wire("task-note", at=AT + 9))
    assert table.task()["state"] == "STARTED"
    assert table.task()["steps"] == "1,2,3,4"


def test_the_wait_of_a_task_with_an_eta_counts_from_the_eta() -> None:
    table = Table()
    eta = "2023-11-14T22:13:25+00:00"  # five seconds after AT
    table.tell(sent(eta=eta), described("task-received", at=AT + 1, eta=eta), wire("task-started", at=AT + 5.25))
    assert table.task()["wait_ns"] == NS // 4


def test_long_texts_are_shortened_and_long_lives_keep_their_first_and_newest_steps() -> None:
    table = Table()
    table.tell(*life()[:3], *(wire("task-progress", at=AT + 3 + number / 1000, progress=0.5) for number in range(1000)))
    table.tell(wire("task-succeeded", at=AT + 9, result="x" * 5000, runtime=1.0))
    task = table.task()
    steps = task["steps"].split(",")
    assert len(steps) == MAX_STEPS
    assert steps[:FIRST_STEPS] == [str(number) for number in range(1, FIRST_STEPS + 1)]
    assert steps[-1] == "1004"
    assert len(task["result"]) == MAX_TEXT_CHARS


def test_events_of_other_kinds_and_without_an_id_are_no_tasks() -> None:
    table = Table()
    table.apply(
        [Event(1, "x", Kind.SSE_EVENT, "url", "k"), Event(1, "x", Kind.TASK_CUSTOM, "malformed"), Event(1, "x", Kind.TASK_SENT, "n", "t9")]
    )
    assert table.counts() == {"PENDING": 1}
    assert table.task("t9")["steps"] == "3"


def test_a_body_that_is_no_json_object_is_borne() -> None:
    table = Table()
    for number, body in enumerate((b"", b"[]", b"\xff", b'{"runtime":"x","retries":-1,"args":7}')):
        for kind in (Kind.TASK_SENT, Kind.TASK_RECEIVED, Kind.TASK_PROGRESS, Kind.TASK_SUCCEEDED, Kind.TASK_FAILED):
            table.apply([Event(AT * NS, "x", kind, "n", f"t{number}", body=body)])
    assert sum(table.counts().values()) == 4


def test_the_touched_rows_are_those_of_the_last_batch() -> None:
    table = Table()
    table.tell(sent("a"), sent("b"))
    assert table.projection.touched == [1, 2]
    table.tell(wire("task-started", "b", AT + 1), sent("c"))
    assert sorted(table.projection.touched) == [2, 3]
    table.apply([Event(1, "x", Kind.CUSTOM, "y")])
    assert table.projection.touched == []


def test_oldest_finished_tasks_go_first_when_there_are_too_many_and_are_counted() -> None:
    table = Table(TaskProjection(max_tasks=10))
    table.tell(sent("waiting"))
    for number in range(30):
        table.tell(*life(f"t{number}", AT + number))
    ids = {row[0] for row in table.db.execute("SELECT id FROM task")}
    assert "waiting" in ids
    assert "t29" in ids
    assert "t0" not in ids
    (trimmed,) = table.db.execute("SELECT n FROM task_total WHERE name = 'trimmed'").fetchone()
    assert len(ids) + trimmed == 31
    assert sum(table.counts().values()) == len(ids)


def test_tasks_that_never_end_do_not_fill_the_table() -> None:
    table = Table(TaskProjection(max_tasks=10))
    table.tell(*(sent(f"t{number}") for number in range(40)))
    assert table.counts() == {"PENDING": 10}
    assert table.task("t39")["state"] == "PENDING"


def test_a_row_number_is_never_used_again() -> None:
    table = Table(TaskProjection(max_tasks=1))
    table.tell(*life("a"), *life("b"))
    table.tell(sent("c"))
    assert table.counts() == {"PENDING": 1}
    assert table.task("c")["row"] == 3


def test_nothing_is_counted_twice_when_a_batch_is_rolled_back_and_applied_again() -> None:
    table = Table()
    events = table.ingest.convert(life())
    table.db.execute("BEGIN")
    table.projection.apply(table.db, 1, events)
    table.db.execute("ROLLBACK")
    table.apply(events)
    assert table.counts() == {"SUCCESS": 1}
    assert table.db.execute("SELECT sum(finished) FROM task_second").fetchall() == [(1,)]


def test_workers_are_kept_with_when_they_were_last_seen() -> None:
    table = Table()
    base = {"hostname": WORKER, "sw_ident": "py-celery", "sw_ver": "5.7.0"}
    table.tell({"type": "worker-online", "timestamp": AT, **base}, {"type": "worker-offline", "timestamp": AT + 5, **base})
    assert table.db.execute("SELECT name, online, seen_at, software FROM worker").fetchall() == [
        (WORKER, 0, (AT + 5) * NS, "py-celery 5.7.0")
    ]
