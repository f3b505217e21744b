"""How the user wants each topic's keys and values to be read, by connection; kept in one private file."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.kafka import Format, Reading, Side, TopicReading
from embedded_server.core.json_store import JsonStore
from embedded_server.kafka.decoding.problems import KeptUnwritable

VERSION: Final = 1
AUTO: Final = Reading()


class Choices:
    """The choices. Asked for one side of one topic from any thread; changed on the loop."""

    def __init__(self, path: Path) -> None:
        self._file = JsonStore(path)
        self._choices: dict[str, dict[str, TopicReading]] = {}
        self._changing = asyncio.Lock()
        self.version = 0
        """Another one after each change."""

    @property
    def set_aside(self) -> str:
        """Where a file that could not be read was put, or nothing."""
        return self._file.set_aside

    async def load(self) -> None:
        """Read what is kept. Raises `KeptUnwritable` where the file cannot be read."""
        try:
            self._choices = await asyncio.to_thread(self._file.load, _read, dict[str, dict[str, TopicReading]]())
        except OSError as exc:
            raise KeptUnwritable(path=str(self._file.path), detail=str(exc)) from exc

    def of(self, connection: str, topic: str, side: Side) -> Reading:
        """Answer what is chosen for one side of a topic."""
        found = self._choices.get(connection, {}).get(topic)
        if found is None:
            return AUTO
        return found.key if side is Side.KEY else found.value

    def all(self, connection: str) -> list[TopicReading]:
        """Answer what is chosen on a connection, by topic; a topic that is not there is read automatically."""
        return sorted(self._choices.get(connection, {}).values(), key=lambda reading: reading.topic)

    async def save(self, connection: str, reading: TopicReading) -> list[TopicReading]:
        """Keep a choice; one that says nothing is forgotten."""
        async with self._changing:
            topics = dict(self._choices.get(connection, {}))
            topics.pop(reading.topic, None)
            if reading.key != AUTO or reading.value != AUTO:
                topics[reading.topic] = reading
            await self._keep({**self._choices, connection: topics})
            return self.all(connection)

    async def forget(self, connection: str) -> None:
        """Forget a connection that was removed."""
        if connection in self._choices:
            async with self._changing:
                await self._keep({key: topics for key, topics in self._choices.items() if key != connection})

    async def _keep(self, choices: dict[str, dict[str, TopicReading]]) -> None:
        value = {"version": VERSION, "readings": {key: [asdict(one) for one in topics.values()] for key, topics in choices.items()}}
        try:
            await asyncio.to_thread(self._file.save, value)
        except (OSError, TypeError) as exc:
            raise KeptUnwritable(path=str(self._file.path), detail=str(exc)) from exc
        self._choices = choices
        self.version += 1


def _read(value: dict[str, Any]) -> dict[str, dict[str, TopicReading]]:
    return {
        str(connection): {str(one["topic"]): TopicReading(str(one["topic"]), _side(one["key"]), _side(one["value"])) for one in readings}
        for connection, readings in value["readings"].items()
    }


def _side(value: dict[str, Any]) -> Reading:
    return Reading(Format(value["format"]), str(value.get("schema", "")), str(value.get("message", "")))
