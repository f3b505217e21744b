"""How a thing on a broker fares and what it is, in words with a colour: for heads, lists and tables alike."""

from dataclasses import dataclass
from typing import Final

from desktop.core.formatting import rate, short_number, size

UNKNOWN: Final = "\u2013"


@dataclass(frozen=True, slots=True)
class State:
    """A state in a word, with its colour and what it means."""

    word: str
    tone: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A feature in a word or two."""

    text: str
    tip: str


def count_text(value: float | None) -> str:
    """Write a count, or a dash where the broker does not tell it."""
    return UNKNOWN if value is None else short_number(value)


def rate_text(value: float | None) -> str:
    """Write a rate, or a dash where the broker does not tell it."""
    return UNKNOWN if value is None else rate(value)


def size_text(value: float | None) -> str:
    """Write a number of bytes, or a dash where the broker does not tell it."""
    return UNKNOWN if value is None else size(value)
