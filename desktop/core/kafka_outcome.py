"""What came of producing, of a copy and of a reset, in words."""

from dataclasses import dataclass

from desktop.core.formatting import number
from desktop.core.i18n import tr
from embedded_server.contracts.kafka import ProduceOutcome, RecordStatus


@dataclass(frozen=True, slots=True)
class Said:
    """Words and their colour."""

    text: str
    tone: str = "dim"


def outcome_words(outcome: ProduceOutcome) -> Said:
    """Say where a record is: ``orders[2] @ 1,204``."""
    if outcome.status is RecordStatus.UNACKNOWLEDGED:
        return Said(tr("The broker did not answer: the record may be in {topic} or not.", topic=outcome.topic), "warn")
    if outcome.status is RecordStatus.REFUSED or outcome.partition < 0:
        return Said(tr("{topic} did not take the record.", topic=outcome.topic), "bad")
    return Said(place_words(outcome), "ok")


def place_words(outcome: ProduceOutcome) -> str:
    """Write a record's place: ``orders[2] @ 1,204``."""
    place = f"{outcome.topic}[{outcome.partition}]"
    return tr("{place} @ {offset}", place=place, offset=number(outcome.offset)) if outcome.offset >= 0 else place
