"""Who works: every worker that was heard of, by its heartbeats and by what it answers. Any thread may ask and tell."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.tasks import Worker
from embedded_server.tasks.environment import NODE
from embedded_server.tasks.ingest import EMBEDDED

MISSED_BEATS: Final = 3
LEAST_SILENCE_S: Final = 10.0
"""A worker is taken for lost after three missed heartbeats, and never sooner than this."""
KEPT_SAMPLES: Final = 3600
FORGET_AFTER_S: Final = 7 * 24 * 3600
_NS: Final = 1_000_000_000


@dataclass(slots=True)
class _Known:
    worker: Worker
    silence_s: float = LEAST_SILENCE_S
    names: frozenset[str] = frozenset()
    queues: tuple[str, ...] = ()
    told: bool = False
    """Whether it has answered since it came online."""


@dataclass(slots=True)
class WorkerRegistry:
    """All workers seen, and how many were online in each of the last seconds."""

    _known: dict[str, _Known] = field(default_factory=dict)
    _samples: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=KEPT_SAMPLES))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def seed(self, rows: Iterable[tuple[str, int, str]]) -> None:
        """Know workers of an earlier run, as offline until they are heard: ``(name, last seen, software)``."""
        oldest = time.time_ns() - FORGET_AFTER_S * _NS
        with self._lock:
            for name, seen_at, software in rows:
                if seen_at >= oldest:
                    self._known.setdefault(name, _Known(_worker(name, online=False, seen_at=seen_at, software=software)))

    def heard(self, event: Any, now: int) -> list[Event]:
        """Take in a worker event as it came off the wire; answer an online event where the worker was not known to be online."""
        if not isinstance(event, dict) or not isinstance(name := event.get("hostname"), str):
            return []
        offline = event.get("type") == "worker-offline"
        with self._lock:
            known = self._known.setdefault(name, _Known(_worker(name, online=False, seen_at=0, software="")))
            appeared = not known.worker.online and event.get("type") == "worker-heartbeat"
            known.told = known.told and known.worker.online
            software = " ".join(str(event[part]) for part in ("sw_ident", "sw_ver") if event.get(part))
            known.worker = replace(
                known.worker,
                online=not offline,
                last_seen_at=now,
                active=0 if offline else _count(event, "active", known.worker.active),
                processed=_count(event, "processed", known.worker.processed),
                pid=_count(event, "pid", known.worker.pid),
                software=software or known.worker.software,
            )
            freq = event.get("freq")
            if isinstance(freq, int | float) and freq > 0:
                known.silence_s = max(LEAST_SILENCE_S, MISSED_BEATS * freq)
        return [_presence(Kind.WORKER_ONLINE, name, now, software)] if appeared else []

    def answered(self, stats: Mapping[str, Any], registered: Mapping[str, Any], queues: Mapping[str, Any]) -> None:
        """Take in what workers answered to ``stats``, ``registered`` and ``active_queues``."""
        with self._lock:
            for name, known in self._known.items():
                if isinstance(told := stats.get(name), dict):
                    known.worker = replace(known.worker, pool=_pool(told))
                if isinstance(told := registered.get(name), list):
                    known.told = True
                    known.names = frozenset(str(entry).partition(" ")[0] for entry in told)
                if isinstance(told := queues.get(name), list):
                    known.queues = tuple(str(queue["name"]) for queue in told if isinstance(queue, dict) and "name" in queue)

    def all_have_told(self) -> bool:
        """Whether every worker online has answered what it has registered."""
        with self._lock:
            return all(known.told for known in self._known.values() if known.worker.online)

    def expire(self, now: int) -> list[Event]:
        """Take workers that have been silent for too long for lost; answer the events that say so."""
        events = []
        with self._lock:
            for name, known in self._known.items():
                silent_s = (now - known.worker.last_seen_at) / _NS
                if known.worker.online and silent_s > known.silence_s:
                    known.worker = replace(known.worker, online=False, active=0)
                    events.append(_presence(Kind.WORKER_OFFLINE, name, now, f"no heartbeat for {silent_s:.0f} s"))
        return events

    def lost(self, pid: int, now: int, reason: str) -> list[Event]:
        """Take the worker of process *pid* for offline at once: its supervisor saw it end."""
        with self._lock:
            for name, known in self._known.items():
                if known.worker.ours and known.worker.online and known.worker.pid == pid:
                    known.worker = replace(known.worker, online=False, active=0)
                    return [_presence(Kind.WORKER_OFFLINE, name, now, reason)]
        return []

    def sample(self, now: int) -> None:
        """Note how many are online in this second."""
        with self._lock:
            online = sum(known.worker.online for known in self._known.values())
            if not self._samples or self._samples[-1][0] != now // _NS:
                self._samples.append((now // _NS, online))

    def online_in(self, first: int, count: int) -> list[float]:
        """Answer how many were online in each of *count* seconds from *first*; a second nobody looked at is like the one before."""
        with self._lock:
            samples = dict(self._samples)
        online, last = [], float(samples.get(first - 1, 0))
        for second in range(first, first + count):
            last = float(samples.get(second, last))
            online.append(last)
        return online

    def workers(self) -> list[Worker]:
        """Answer all, those online first."""
        with self._lock:
            return sorted((known.worker for known in self._known.values()), key=lambda worker: (not worker.online, worker.name))

    def online_count(self) -> int:
        """Answer how many are online."""
        with self._lock:
            return sum(known.worker.online for known in self._known.values())

    def is_idle(self, name: str, since: int) -> bool:
        """Whether a worker is online, and was heard after *since* (ns) with nothing to do."""
        with self._lock:
            known = self._known.get(name)
            return known is not None and known.worker.online and not known.worker.active and known.worker.last_seen_at > since

    def names(self) -> set[str]:
        """Answer every task name that a worker online has registered, but Celery's own."""
        with self._lock:
            online = [known.names for known in self._known.values() if known.worker.online]
        return {name for names in online for name in names if not name.startswith("celery.")}

    def queue_for(self, name: str) -> str | None:
        """Answer a queue whose consumer has registered *name*; None where nobody has."""
        with self._lock:
            for known in self._known.values():
                if known.worker.online and name in known.names and known.queues:
                    return known.queues[0]
        return None


def _worker(name: str, *, online: bool, seen_at: int, software: str) -> Worker:
    ours = name.partition("@")[0] == NODE
    return Worker(name, online, seen_at, active=0, processed=0, pid=0, software=software, pool="", ours=ours)


def _presence(kind: Kind, name: str, now: int, preview: str) -> Event:
    return Event(now, EMBEDDED, kind, name, worker=name, preview=preview[:256])


def _count(event: Mapping[str, Any], field_name: str, otherwise: int) -> int:
    value = event.get(field_name)
    return value if type(value) is int and 0 <= value < 2**63 else otherwise


def _pool(stats: Mapping[str, Any]) -> str:
    pool = stats.get("pool")
    told = str(pool.get("implementation", "")) if isinstance(pool, dict) else ""
    name = told.rpartition(":")[0].rpartition(".")[2] or told
    size = pool.get("max-concurrency") if isinstance(pool, dict) else None
    return f"{name} {size}" if isinstance(size, int) else name
