from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desktop.core.tasks_life import Phase, bars, life_of
from tests.unit.desktop_tasks.details import MS, T0, make_detail, step


def shape(*args: object, **changes: object) -> list[tuple[str, float]]:
    spans = life_of(make_detail(**changes))
    return [(span.phase.value, (span.end - span.start) / MS if span.end else -1.0) for span in spans]


def test_a_plain_life_is_queued_held_running() -> None:
    assert shape() == [("queued", 20.0), ("held", 6.0), ("running", 61.0)]


def test_a_run_knows_how_it_ended() -> None:
    steps = [step("task.started", 0), step("task.failed", 5)]
    assert life_of(make_detail(state="FAILURE", steps=steps))[-1].outcome == "FAILURE"


def test_each_retry_is_a_wait_and_another_run() -> None:
    steps = [
        step("task.sent", 0),
        step("task.received", 10),
        step("task.started", 12),
        step("task.sent", 18),
        step("task.received", 19),
        step("task.retried", 20),
        step("task.started", 120),
        step("task.succeeded", 130),
    ]
    detail = make_detail(steps=steps, finished_at=T0 + 130 * MS)
    spans = life_of(detail)
    assert [(span.phase, span.attempt) for span in spans] == [
        (Phase.QUEUED, 0),
        (Phase.HELD, 0),
        (Phase.RUNNING, 1),
        (Phase.RETRY_WAIT, 0),
        (Phase.RUNNING, 2),
    ]
    assert spans[3].duration_ns(0) == 100 * MS


def test_a_task_with_a_time_waits_for_it_at_its_worker() -> None:
    steps = [step("task.sent", 0), step("task.received", 5)]
    assert [phase for phase, _ in shape(eta="2026-11-24T12:00:00+00:00", state="RECEIVED", finished_at=0, steps=steps)] == [
        "queued",
        "scheduled",
    ]


def test_what_lasts_has_no_end() -> None:
    assert shape(state="PENDING", finished_at=0, steps=[step("task.sent", 0)]) == [("queued", -1.0)]


def test_a_task_whose_worker_died_is_held_and_run_again() -> None:
    steps = [step("task.started", 0), step("task.received", 50), step("task.started", 60), step("task.succeeded", 70)]
    assert shape(steps=steps, finished_at=T0 + 70 * MS) == [("running", 50.0), ("held", 10.0), ("running", 10.0)]


def test_events_in_disorder_and_twice_change_nothing() -> None:
    steps = make_detail().steps
    assert shape(steps=[*reversed(steps), *steps]) == shape()


def test_times_alone_tell_the_life_when_its_events_are_gone() -> None:
    assert shape(steps=[]) == shape()


def test_a_lone_end_is_no_span() -> None:
    assert shape(steps=[step("task.succeeded", 5)], finished_at=T0 + 5 * MS) == []


def test_a_task_revoked_in_its_queue_ends_its_wait() -> None:
    assert shape(state="REVOKED", finished_at=T0 + 9 * MS, steps=[step("task.sent", 0), step("task.revoked", 9)]) == [("queued", 9.0)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["sent", "received", "started", "retried", "succeeded", "progress"]), st.integers(0, 1000)), max_size=12
    )
)
def test_spans_never_overlap_and_bars_stay_in_the_picture(events: list[tuple[str, int]]) -> None:
    spans = life_of(make_detail(state="STARTED", steps=[step(f"task.{kind}", at) for kind, at in events]))
    now = T0 + 2000 * MS
    for one, other in pairwise(spans):
        assert one.end <= other.start
    for bar in bars(spans, width=200, now=now):
        assert bar.left >= 0
        assert bar.width >= 3
        assert bar.left + bar.width <= 200.001
