"""The last minutes of a place's figures, gathered while one looks at it: what the sparklines draw."""

from collections import deque
from collections.abc import Mapping
from typing import Final

KEPT: Final = 60


class History:
    """Newest last. A figure the broker does not tell leaves no point."""

    def __init__(self) -> None:
        self._values: dict[str, deque[float]] = {}

    def clear(self) -> None:
        """Begin anew: another place is looked at."""
        self._values.clear()

    def add(self, figures: Mapping[str, float | None]) -> None:
        """Take what was heard now."""
        for name, value in figures.items():
            if value is not None:
                self._values.setdefault(name, deque(maxlen=KEPT)).append(value)

    def of(self, name: str) -> tuple[float, ...]:
        """Answer the points of one figure."""
        return tuple(self._values.get(name, ()))
