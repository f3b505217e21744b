"""Readers that wait: each is answered once there is enough for it, or its time is over."""

from typing import TYPE_CHECKING

from embedded_server.brokers.kafka.fetched import encode

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.fetch import Reading
    from embedded_server.brokers.kafka.log.partition import PartitionLog


class Waiting:
    """The parked Fetch requests, by the partitions they read."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker
        self._by_log: dict[PartitionLog, dict[Reading, None]] = {}
        self._grown: dict[PartitionLog, None] = {}

    def __len__(self) -> int:
        return len({reading for readings in self._by_log.values() for reading in readings})

    def add(self, reading: "Reading", limit_s: float) -> None:
        """Answer *reading* as soon as there is enough, at the latest after *limit_s*."""
        for log in reading.logs:
            self._by_log.setdefault(log, {})[reading] = None
        reading.deadline = self._broker.timers.call_at(self._broker.clock.now() + limit_s, lambda: self._answer(reading))
        reading.request.on_gone = lambda: self._forget(reading)

    def grew(self, log: "PartitionLog") -> None:
        """There is more in *log*, or it is gone."""
        if log in self._by_log:
            self._grown[log] = None

    def look(self) -> None:
        """Answer those for whom there is enough now."""
        if not self._grown:
            return
        grown, self._grown = self._grown, {}
        readings = {reading: None for log in grown for reading in self._by_log.get(log, ())}
        for reading in readings:
            if reading.may_have_enough():
                self._answer(reading, only_if_enough=True)

    def _answer(self, reading: "Reading", *, only_if_enough: bool = False) -> None:
        before = list(reading.logs)
        found = reading.read()
        if only_if_enough and not reading.is_enough:
            return
        self._forget(reading, before)
        reading.request.answer(encode(found, reading.request.version))

    def _forget(self, reading: "Reading", logs: "list[PartitionLog] | None" = None) -> None:
        if reading.deadline is not None:
            reading.deadline.cancel()
        for log in reading.logs if logs is None else logs:
            readings = self._by_log.get(log)
            if readings is not None:
                readings.pop(reading, None)
                if not readings:
                    del self._by_log[log]
