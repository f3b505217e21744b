"""Task states as the window shows them: their word, their colour, and the quick filters that gather them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.feed_filter import term
from desktop.core.i18n import N_, tr
from embedded_server.contracts.tasks import TaskState

_WORDS: Final[dict[str, str]] = {
    TaskState.PENDING: N_("Queued"),
    TaskState.RECEIVED: N_("Received"),
    TaskState.STARTED: N_("Running"),
    TaskState.PROGRESS: N_("Running"),
    TaskState.RETRY: N_("Retry"),
    TaskState.SUCCESS: N_("Succeeded"),
    TaskState.FAILURE: N_("Failed"),
    TaskState.REVOKED: N_("Revoked"),
    TaskState.REJECTED: N_("Rejected"),
}
_TONES: Final[dict[str, str]] = {
    TaskState.PENDING: "wait",
    TaskState.RECEIVED: "wait",
    TaskState.RETRY: "warn",
    TaskState.SUCCESS: "ok",
    TaskState.FAILURE: "bad",
    TaskState.REVOKED: "warn",
    TaskState.REJECTED: "bad",
}


def state_word(state: str) -> str:
    """Answer the word for *state* in the user's language; a custom state keeps its own."""
    known = _WORDS.get(state)
    return tr(known) if known else state


def state_tone(state: str) -> str:
    """Answer the theme's colour name for *state*; a custom state runs."""
    return _TONES.get(state, "run")


class Chip(StrEnum):
    """A quick filter above the table."""

    ALL = "all"
    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETRY = "retry"
    REVOKED = "revoked"


CHIP_TITLES: Final = {
    Chip.ALL: N_("All"),
    Chip.WAITING: N_("Waiting"),
    Chip.RUNNING: N_("Running"),
    Chip.SUCCEEDED: N_("Succeeded"),
    Chip.FAILED: N_("Failed"),
    Chip.RETRY: N_("Retry"),
    Chip.REVOKED: N_("Revoked"),
}
CHIP_TONES: Final = {
    Chip.WAITING: "wait",
    Chip.RUNNING: "run",
    Chip.SUCCEEDED: "ok",
    Chip.FAILED: "bad",
    Chip.RETRY: "warn",
    Chip.REVOKED: "warn",
}
_CHIP_STATES: Final[dict[Chip, tuple[str, ...]]] = {
    Chip.WAITING: (TaskState.PENDING, TaskState.RECEIVED),
    Chip.RUNNING: (TaskState.STARTED, TaskState.PROGRESS),
    Chip.SUCCEEDED: (TaskState.SUCCESS,),
    Chip.FAILED: (TaskState.FAILURE,),
    Chip.RETRY: (TaskState.RETRY,),
    Chip.REVOKED: (TaskState.REVOKED, TaskState.REJECTED),
}


@dataclass(frozen=True, slots=True)
class ChipCount:
    """One quick filter with how many tasks it gathers."""

    chip: Chip
    count: int


def chip_counts(counts: Mapping[str, int]) -> list[ChipCount]:
    """Sum the states of each quick filter. Custom states count as running; all of them together are ``Chip.ALL``."""
    sums = dict.fromkeys(Chip, 0)
    for state, count in counts.items():
        sums[Chip.ALL] += count
        sums[_chip_of(state)] += count
    return [ChipCount(chip, count) for chip, count in sums.items()]


def _chip_of(state: str) -> Chip:
    return next((chip for chip, states in _CHIP_STATES.items() if state in states), Chip.RUNNING)


def chip_filter(chip: Chip, counts: Mapping[str, int]) -> str:
    """Answer the filter that *chip* stands for; the custom states of *counts* run."""
    if chip is Chip.ALL:
        return ""
    states: list[str] = [str(state) for state in _CHIP_STATES[chip]]
    if chip is Chip.RUNNING:
        states += sorted(state for state in counts if state not in _WORDS)
    terms = [term("state", state) for state in states]
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"
