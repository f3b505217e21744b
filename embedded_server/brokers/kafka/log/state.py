"""The little a partition knows beside its batches, in one file that is replaced whole: where it starts, its leader epochs, its segments."""

import os
from dataclasses import asdict, dataclass, field
from typing import Final

import orjson

from embedded_server.brokers.kafka.log.files import read_whole, write_whole

NAME: Final = "state.json"


@dataclass(slots=True)
class Swap:
    """A compacted segment that is ready to take the place of others; whoever opens the log next completes it."""

    base: int
    replaces: list[int]


@dataclass(slots=True)
class State:
    """What is in that file."""

    start: int = 0
    """The first offset that is there to be read."""
    cleaned: int = 0
    """Compaction has looked at everything before this offset."""
    epochs: list[list[int]] = field(default_factory=lambda: [[0, 0]])
    """Each leader epoch and its first offset."""
    segments: list[int] = field(default_factory=list)
    """The base offsets, so that a file that is gone is missed."""
    swap: Swap | None = None

    def save(self, folder: str) -> None:
        """Write it. Raises ``OSError``."""
        write_whole(os.path.join(folder, NAME), orjson.dumps(asdict(self)))  # noqa: PTH118 - plain strings, see files.py


def load(folder: str) -> State | None:
    """Read it; nothing where it is damaged or not there."""
    content = read_whole(os.path.join(folder, NAME))  # noqa: PTH118 - plain strings, see files.py
    if content is None:
        return None
    try:
        told = orjson.loads(content)
        swap = Swap(told["swap"]["base"], told["swap"]["replaces"]) if told.get("swap") else None
        return State(told["start"], told["cleaned"], told["epochs"], told["segments"], swap)
    except (ValueError, KeyError, TypeError):
        return None
