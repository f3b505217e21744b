from typing import Any

from embedded_server.contracts.events import Kind
from embedded_server.tasks.workers import FORGET_AFTER_S, LEAST_SILENCE_S, WorkerRegistry
from tests.unit.tasks.events import AT, NS, WORKER

NOW = AT * NS


def beat(name: str = WORKER, **fields: Any) -> dict[str, Any]:
    return {"type": "worker-heartbeat", "hostname": name, "timestamp": AT, "freq": 2.0, "active": 1, "processed": 9, "pid": 42,
            "sw_ident": "py-celery", "sw_ver": "5.7.0", **fields}  # fmt: skip


def test_a_worker_first_heard_by_a_heartbeat_comes_online_once() -> None:
    registry = WorkerRegistry()
    assert [event.kind for event in registry.heard(beat(), NOW)] == [Kind.WORKER_ONLINE]
    assert registry.heard(beat(processed=10), NOW + NS) == []
    (worker,) = registry.workers()
    assert (worker.name, worker.online, worker.active, worker.processed, worker.pid) == (WORKER, True, 1, 10, 42)
    assert (worker.software, worker.last_seen_at, worker.ours) == ("py-celery 5.7.0", NOW + NS, False)


def test_its_own_online_event_needs_no_second_one() -> None:
    registry = WorkerRegistry()
    assert registry.heard(beat(type="worker-online"), NOW) == []
    assert registry.heard(beat(), NOW) == []


def test_a_silent_worker_is_taken_for_lost_and_comes_back() -> None:
    registry = WorkerRegistry()
    registry.heard(beat(), NOW)
    assert registry.expire(NOW + int(LEAST_SILENCE_S * NS)) == []
    (lost,) = registry.expire(NOW + int(LEAST_SILENCE_S * NS) + NS)
    assert (lost.kind, lost.worker, lost.preview) == (Kind.WORKER_OFFLINE, WORKER, "no heartbeat for 11 s")
    assert registry.expire(NOW + 60 * NS) == []
    assert not registry.workers()[0].online
    assert [event.kind for event in registry.heard(beat(), NOW + 61 * NS)] == [Kind.WORKER_ONLINE]


def test_a_worker_with_slow_heartbeats_is_given_its_time() -> None:
    registry = WorkerRegistry()
    registry.heard(beat(freq=30.0), NOW)
    assert registry.expire(NOW + 89 * NS) == []
    assert len(registry.expire(NOW + 91 * NS)) == 1


def test_our_worker_is_offline_as_soon_as_its_supervisor_saw_it_end() -> None:
    registry = WorkerRegistry()
    registry.heard(beat("switchroom@host", pid=77), NOW)
    assert registry.lost(78, NOW, "another") == []
    (lost,) = registry.lost(77, NOW, "Killed by SIGKILL")
    assert (lost.kind, lost.preview) == (Kind.WORKER_OFFLINE, "Killed by SIGKILL")
    assert registry.workers()[0].ours


def test_workers_of_an_earlier_run_are_known_and_offline_and_forgotten_after_a_week() -> None:
    import time

    registry = WorkerRegistry()
    registry.seed([("new@h", time.time_ns(), "x"), ("old@h", time.time_ns() - (FORGET_AFTER_S + 9) * NS, "x")])
    assert [(worker.name, worker.online) for worker in registry.workers()] == [("new@h", False)]


def test_names_and_queues_are_those_of_workers_online() -> None:
    registry = WorkerRegistry()
    registry.heard(beat(), NOW)
    assert not registry.all_have_told()
    registry.answered(
        {WORKER: {"pool": {"implementation": "celery.concurrency.prefork:TaskPool", "max-concurrency": 4}}},
        {WORKER: ["shop.pay [rate_limit=1]", "celery.chord"]},
        {WORKER: [{"name": "orders"}]},
    )
    assert registry.all_have_told()
    assert registry.names() == {"shop.pay"}
    assert registry.queue_for("shop.pay") == "orders"
    assert registry.queue_for("other") is None
    assert registry.workers()[0].pool == "prefork 4"
    registry.heard(beat(type="worker-offline"), NOW)
    assert registry.names() == set()
    assert registry.queue_for("shop.pay") is None
    registry.heard(beat(), NOW)
    assert not registry.all_have_told(), "it may have registered other tasks"


def test_strange_answers_and_events_are_borne() -> None:
    registry = WorkerRegistry()
    registry.heard(beat(), NOW)
    registry.answered({WORKER: {"error": "x"}}, {WORKER: None}, {WORKER: [3]})
    for event in (None, 3, {}, {"hostname": 4}, beat(active="many", freq="often", pid=None, processed=2**70)):
        registry.heard(event, NOW)
    assert registry.workers()[0].processed == 9


def test_seconds_nobody_sampled_are_like_the_one_before() -> None:
    registry = WorkerRegistry()
    registry.heard(beat(), NOW)
    registry.sample(NOW)
    registry.heard(beat(type="worker-offline"), NOW)
    registry.sample(NOW + 3 * NS)
    assert registry.online_in(AT - 1, 6) == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
