"""Which columns a table shows, how wide and in which order: what the user chose, and what the room allows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Self

from desktop.core.feed_columns import Column


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The user's choice. Columns that a newer version adds appear where that version has them."""

    order: tuple[str, ...]
    hidden: frozenset[str] = frozenset()
    widths: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def default(cls, columns: Sequence[Column]) -> Self:
        """The layout nobody has touched."""
        return cls(tuple(c.key for c in columns), frozenset(c.key for c in columns if c.hidden), {c.key: c.width for c in columns})

    @classmethod
    def from_settings(cls, columns: Sequence[Column], kept: Iterable[str]) -> Self:
        """Read what `to_settings` wrote; anything that makes no sense is left out."""
        default = cls.default(columns)
        order: list[str] = []
        hidden: set[str] = set()
        widths = dict(default.widths)
        for item in kept:
            key, _, width = item.lstrip("-").partition(":")
            if key not in widths or key in order:
                continue
            order.append(key)
            if item.startswith("-"):
                hidden.add(key)
            if width.isdecimal() and 20 <= int(width) <= 4000:
                widths[key] = int(width)
        if not order:
            return default
        for at, key in enumerate(default.order):
            if key not in order:
                order.insert(min(at, len(order)), key)
                hidden |= default.hidden & {key}
        return cls(tuple(order), frozenset(hidden), widths)

    def to_settings(self) -> list[str]:
        """Write it as one text for each column: ``key:width``, with a minus where hidden."""
        return [f"{'-' if key in self.hidden else ''}{key}:{self.widths[key]}" for key in self.order]

    def with_width(self, key: str, width: int) -> Self:
        """The user has dragged a column's edge."""
        return replace(self, widths={**self.widths, key: width})

    def with_shown(self, key: str, shown: bool) -> Self:
        """The user has chosen or dismissed a column; the last one stays."""
        hidden = self.hidden - {key} if shown else self.hidden | {key}
        return self if len(hidden) == len(self.order) else replace(self, hidden=frozenset(hidden))

    def with_order(self, order: Sequence[str]) -> Self:
        """The user has moved a column."""
        return replace(self, order=tuple(order))


def fit(columns: Sequence[Column], layout: ColumnLayout, room: int) -> dict[str, int]:
    """Width of each column that is to be shown in *room* pixels; the last one in order takes what is left.

    Short of room, columns first give up width down to their least, then step aside in the order of ``yields``.
    """
    by_key = {c.key: c for c in columns}
    shown = [by_key[key] for key in layout.order if key in by_key and key not in layout.hidden]

    def least(column: Column) -> int:
        width = layout.widths[column.key]
        return width if column.grows else min(column.least, width)

    while sum(map(least, shown)) > room and any(c.yields for c in shown) and len(shown) > 1:
        shown.remove(max(shown, key=lambda c: c.yields))
    short = sum(layout.widths[c.key] for c in shown) - room
    spare = sum(layout.widths[c.key] - least(c) for c in shown)
    share = min(1.0, short / spare) if short > 0 and spare else 0.0
    return {c.key: layout.widths[c.key] - ceil((layout.widths[c.key] - least(c)) * share) for c in shown}
