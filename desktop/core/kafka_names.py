"""Names of topics and groups as Kafka takes them, and lists of partitions as somebody types them."""

import re
from collections.abc import Iterable
from typing import Final

from desktop.core.faults import Fault
from desktop.core.i18n import N_

MAX_TOPIC_CHARS: Final = 249
"""`org.apache.kafka.common.internals.Topic`: a folder's name has to hold it together with the partition."""
MAX_PARTITION: Final = 2**31 - 1
MOST_PARTITIONS: Final = 100_000
_WRONG: Final = re.compile(r"[^a-zA-Z0-9._-]")
_RANGE: Final = re.compile(r"(\d{1,10})(?:\s*-\s*(\d{1,10}))?")


def check_topic(name: str) -> Fault | None:
    """Answer why Kafka would not take a topic of this name, or None."""
    if not name:
        return Fault(N_("No topic is named"), N_("Choose one of the list, or type its name."))
    if name in {".", ".."}:
        return Fault(N_("A topic cannot be called {name}"), N_("Use letters, digits, dots, underscores and hyphens."), {"name": name})
    if (found := _WRONG.search(name)) is not None:
        title = N_("“{character}” cannot stand in a topic's name")
        return Fault(title, N_("Use letters, digits, dots, underscores and hyphens."), {"character": found[0]})
    if len(name) > MAX_TOPIC_CHARS:
        return Fault(N_("This is longer than 249 characters"), N_("Shorten it: Kafka takes no longer names."))
    return None


def is_ambiguous(name: str) -> bool:
    """Whether dots and underscores are mixed: Kafka's metrics take one for the other, so that two such topics may collide."""
    return "." in name and "_" in name


def partitions_of(text: str) -> list[int] | None:
    """Answer the partitions that ``0-3, 7`` names, in order and once each; empty for nothing typed, None where it is no such list."""
    found: set[int] = set()
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last <= MAX_PARTITION or last - first >= MOST_PARTITIONS:
            return None
        found.update(range(first, last + 1))
    return sorted(found)


def partitions_text(partitions: Iterable[int]) -> str:
    """Write partitions as short as they can be read: ``0-3, 7``."""
    parts: list[list[int]] = []
    for partition in sorted(set(partitions)):
        if parts and parts[-1][1] == partition - 1:
            parts[-1][1] = partition
        else:
            parts.append([partition, partition])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)
