"""How a panel's own filter, the chips and the typed text become the one filter that is sent, and errors find their way back."""

from collections.abc import Sequence
from dataclasses import dataclass

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/@#")
_WORDS = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Composed:
    """A filter as it is sent, and where in it the typed text stands."""

    text: str
    offset: int
    typed: str
    lead: int = 0
    """Blanks before the typed text that were not sent."""

    def in_typed(self, position: int, length: int) -> tuple[int, int]:
        """Translate a place in the sent filter to one in the typed text: at least one character long, at most to its end."""
        end = min(max(position + length - self.offset, 0), len(self.typed))
        start = min(max(position - self.offset, 0), len(self.typed))
        return start + self.lead, max(end - start, 1)


def compose(base: str, chips: Sequence[str], typed: str) -> Composed:
    """Join all parts with AND."""
    lead = len(typed) - len(typed.lstrip())
    typed = typed.strip()
    parts = [part for part in (base, *chips) if part]
    if not parts:
        return Composed(typed, 0, typed, lead)
    before = " ".join(f"({part})" for part in parts) if len(parts) > 1 or typed else parts[0]
    if not typed:
        return Composed(before, len(before), "")
    return Composed(f"{before} ({typed})", len(before) + 2, typed, lead)


def quoted(value: str) -> str:
    """Write a value so that the filter language takes it as it is."""
    if value and value[0] not in "-/" and set(value) <= _BARE and value not in _WORDS and ".." not in value:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def term(field: str, value: str, *, exclude: bool = False) -> str:
    """Write ``field:value`` or its opposite."""
    return f"{'-' if exclude else ''}{field}:{quoted(value)}"


def with_term(typed: str, new: str) -> str:
    """Add a term to what was typed, once; where OR stands in it, what was typed is put in parentheses first."""
    typed = typed.strip()
    if not typed:
        return new
    if new in typed.split():
        return typed
    return f"({typed}) {new}" if " OR " in typed else f"{typed} {new}"
