"""What a decoder may spend on bytes from a stranger: so many values, so deep."""

from typing import Final

from embedded_server.kafka.decoding.json_exact import MAX_DEPTH
from embedded_server.kafka.decoding.problems import NestedTooDeeply, TooManyValues

MOST_VALUES: Final = 1_000_000
PREVIEW_VALUES: Final = 300
"""As many as 256 characters can show, and then some."""


class Enough(Exception):
    """A preview's values are spent; what has been read so far is in the containers already."""


class Budget:
    """Counts values and levels down. A preview ends with `Enough` where a whole reading raises `TooManyValues`."""

    __slots__ = ("_most", "_preview", "left", "level")

    def __init__(self, *, preview: bool = False) -> None:
        self._most = PREVIEW_VALUES if preview else MOST_VALUES
        self._preview = preview
        self.left = self._most
        self.level = 0

    def spend(self) -> None:
        """Note one value. Raises `Enough` or `TooManyValues`."""
        self.left -= 1
        if self.left < 0:
            if self._preview:
                raise Enough
            raise TooManyValues(most=self._most)

    def enter(self) -> None:
        """Go one level down. Raises `NestedTooDeeply`."""
        self.level += 1
        if self.level > MAX_DEPTH:
            raise NestedTooDeeply(most=MAX_DEPTH)

    def leave(self) -> None:
        """Come back up."""
        self.level -= 1
