"""Lag over time: groups that somebody looks at are sampled, and what was seen of them is kept, the older the thinner."""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from kafka import KafkaAdminClient

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.kafka import LagHistory, LagPoint
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.figures import Place
from embedded_server.kafka.holdings.group_wire import Committed, Listed, Ranges, committed_offsets, ranges_of
from embedded_server.kafka.holdings.wire import Wire, settled

EVERY_S: Final = 2.0
WATCHED_S: Final = 600.0
"""So long after somebody last asked, a group is still sampled: who comes back finds no gap."""
KEPT_S: Final = 6 * 3600.0
MAX_POINTS: Final = 600
MAX_GROUPS: Final = 200

_logger = logging.getLogger(__name__)

Key = tuple[str, str]
"""A connection's id and a group's."""


class Series:
    """The points of one group. Beyond `MAX_POINTS` every other one of the older half goes, so the newest stay as dense as they came."""

    def __init__(self, most: int = MAX_POINTS) -> None:
        self._most = most
        self.points: list[LagPoint] = []

    def add(self, point: LagPoint) -> None:
        """Append a point, and thin out what is old."""
        self.points.append(point)
        if len(self.points) > self._most:
            half = self._most // 2
            self.points[:half] = self.points[:half:2]


def point_of(at: int, committed: Mapping[Place, Committed], ranges: Ranges) -> LagPoint:
    """Sum a group's lag up; partitions that are not there any more count for nothing."""
    topics: dict[str, int] = defaultdict(int)
    done = end = 0
    for place, one in committed.items():
        lag = ranges.lag(place, one)
        if lag is not None:
            topics[place[0]] += lag
            done += one.offset
            end += ranges.ends[place]
    return LagPoint(at, sum(topics.values()), dict(topics), done, end)


class LagHistories:
    """Samples the groups that are looked at. *listed* tells of which kind a group is, which is asked once."""

    def __init__(
        self,
        clients: Clients,
        listed: Callable[[str, str], Awaitable[Listed]],
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._ask_listed = listed
        self._every_s = every_s
        self._clock = clock
        self._asked: dict[Key, float] = {}
        self._listed: dict[Key, Listed] = {}
        self._series: dict[Key, Series] = {}
        self._sampled: dict[Key, float] = {}
        self._sampling: asyncio.Task[None] | None = None

    async def of(self, connection: str, group: str) -> LagHistory:
        """Answer a group's lag over time, and go on sampling it. The first answer has the first point.

        Raises what the cluster refuses, and why it cannot be reached.
        """
        key = (connection, group)
        self._asked[key] = self._clock()
        self._let_go()
        if key not in self._listed:
            self._listed[key] = await self._ask_listed(connection, group)
        if self._clock() - self._sampled.get(key, float("-inf")) > 2 * self._every_s:
            await self._sample(connection, [group])
        if self._sampling is None or self._sampling.done():
            self._sampling = spawn(self._go_on(), name="sample lag", notify=_log_failure)
        series = self._series.get(key)
        return LagHistory(group, list(series.points) if series is not None else [])

    def drop(self, connection: str) -> None:
        """Forget a connection: it leads elsewhere now, or is gone."""
        for known in (self._asked, self._listed, self._series, self._sampled):
            for key in [key for key in known if key[0] == connection]:
                del known[key]

    async def stop(self) -> None:
        """Sample no longer. May be called twice."""
        await cancel(self._sampling)
        self._sampling = None

    # -- inside

    async def _go_on(self) -> None:
        """Sample all that is watched until nothing is. What cannot be had now leaves a gap, and is asked for again."""
        took_s = 0.0
        while watched := self._watched():
            await asyncio.sleep(max(self._every_s / 4, self._every_s - took_s))
            began = self._clock()
            await asyncio.gather(*(self._try(connection, groups) for connection, groups in watched.items()))
            took_s = self._clock() - began

    async def _try(self, connection: str, groups: list[str]) -> None:
        with contextlib.suppress(UserFacingError):  # told to whoever asks
            await self._sample(connection, groups)

    async def _sample(self, connection: str, groups: list[str]) -> None:
        def ask(admin: KafkaAdminClient) -> tuple[dict[str, dict[Place, Committed]], Ranges]:
            wire = Wire(admin)
            committed = committed_offsets(wire, [self._listed.get((connection, group), Listed(group)) for group in groups])
            return committed, ranges_of(wire, {place for offsets in committed.values() for place in offsets})

        committed, ranges = await self._clients.admin(connection, lambda admin: settled(lambda: ask(admin)))
        for group in groups:
            key = (connection, group)
            self._sampled[key] = self._clock()
            if key in self._asked:
                self._series.setdefault(key, Series()).add(point_of(time.time_ns(), committed.get(group, {}), ranges))

    def _watched(self) -> dict[str, list[str]]:
        now = self._clock()
        watched: dict[str, list[str]] = defaultdict(list)
        for (connection, group), asked in self._asked.items():
            if now - asked <= WATCHED_S:
                watched[connection].append(group)
        return watched

    def _let_go(self) -> None:
        """Forget what nobody has asked about for long, and the oldest of too many."""
        now = self._clock()
        by_age = sorted(self._asked, key=self._asked.__getitem__, reverse=True)
        for key in [key for at, key in enumerate(by_age) if at >= MAX_GROUPS or now - self._asked[key] > KEPT_S]:
            for known in (self._asked, self._listed, self._series, self._sampled):
                known.pop(key, None)


def _log_failure(exc: BaseException) -> None:
    _logger.error("sampling lag failed", exc_info=exc)
