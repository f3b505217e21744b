"""Sending many: how often, how fast and from which seed, as typed, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.i18n import N_

MAX_COUNT: Final = 10_000_000


class RepeatPlace(StrEnum):
    """The lines, so that a fault stands at its own."""

    COUNT = "count"
    RATE = "rate"
    SEED = "seed"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The lines exactly as typed."""

    on: bool = False
    count: str = "1000"
    rate: str = ""
    seed: str = ""


def repeat_faults(repeat: Repeat) -> dict[str, Fault]:
    """Answer what is wrong with it, by `RepeatPlace`; nothing where it is off."""
    faults: dict[str, Fault] = {}
    if not repeat.on:
        return faults
    count = whole_number(repeat.count)
    if count is None or not 1 <= count <= MAX_COUNT:
        faults[RepeatPlace.COUNT] = Fault(N_("This is no count"), N_("Write a number from 1 to 10,000,000."))
    if rate_of(repeat.rate) is None:
        faults[RepeatPlace.RATE] = Fault(N_("This is no rate"), N_("Write how many a second, or nothing for as fast as goes."))
    if repeat.seed.strip() and whole_number(repeat.seed) is None:
        faults[RepeatPlace.SEED] = Fault(N_("This is no seed"), N_("Write a whole number, or nothing."))
    return faults


def first_fault(faults: Mapping[str, Fault]) -> RepeatPlace | None:
    """Answer the first line that is wrong."""
    return next((place for place in RepeatPlace if place in faults), None)


def whole_number(text: str) -> int | None:
    """Answer a count such as ``1,000`` or ``1_000``; None where it is none."""
    digits = text.strip().replace(",", "").replace("_", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def rate_of(text: str) -> float | None:
    """Answer messages a second, 0 where nothing is typed; None where it is no rate."""
    if not text.strip():
        return 0.0
    try:
        value = float(text.strip().replace(",", ""))
    except ValueError:
        return None
    return value if 0 < value < 1e9 else None
