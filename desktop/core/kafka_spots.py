"""The places of a Kafka cluster one can look at: the cluster itself, a topic, a consumer group, as a value that can be kept."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.feed_filter import term


class Place(StrEnum):
    """What kind of place it is."""

    CLUSTER = "cluster"
    TOPIC = "topic"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a cluster."""

    place: Place = Place.CLUSTER
    name: str = ""


CLUSTER: Final = Spot()


def kept_text(spot: Spot) -> str:
    """Write a spot for the settings."""
    return json.dumps([spot.place, spot.name])


def spot_of(text: str) -> Spot | None:
    """Read what `kept_text` wrote; nothing where it makes no sense."""
    try:
        place, name = json.loads(text)
        return Spot(Place(place), str(name))
    except (ValueError, TypeError):
        return None


def base_filter(connection: str, spot: Spot) -> str:
    """Answer the filter that lists the records seen at *spot* of the connection of that name."""
    whole = f"{term('connection', connection)} kind:record"
    if spot.place is not Place.TOPIC:
        return whole
    start = re.escape(f"{spot.name}[").replace("/", chr(92) + "/")  # whatever stands in the name: only a pattern takes a beginning
    return f"{whole} subject:/^{start}/"
