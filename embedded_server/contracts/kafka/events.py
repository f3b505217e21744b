"""How a record stands in the journal: the subject and the status of its event."""

from enum import StrEnum
from typing import Final

NO_TIMESTAMP: Final = -1
NULL_PREVIEW: Final = "∅ null"
EMPTY_PREVIEW: Final = "∅ empty"
"""The previews of a null value and of one without bytes, so that a row alone tells them apart. Journals of before have none for either."""


def subject_of(topic: str, partition: int) -> str:
    """Answer a record event's subject: ``orders[3]``."""
    return f"{topic}[{partition}]"


def split_subject(subject: str) -> tuple[str, int]:
    """Answer topic and partition of a record event; the partition is -1 where there is none."""
    topic, bracket, rest = subject.rpartition("[")
    number = rest.removesuffix("]")
    return (topic, int(number)) if bracket and number.isdecimal() else (subject, -1)


class RecordStatus(StrEnum):
    """The status of a record event."""

    ACKNOWLEDGED = "acknowledged"
    """Produced, and the broker said where it is."""
    REFUSED = "refused"
    """Produced, and the broker would not have it."""
    UNACKNOWLEDGED = "unacknowledged"
    """The connection was lost before an answer: it may be there or not."""
    TAILED = "tailed"
    READ = "read"
    FOUND = "found"
    """A hit of a search."""
    COPIED = "copied"
    """Written by a copy, and acknowledged."""
