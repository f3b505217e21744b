"""The places of a broker one can look at: a virtual host, an exchange, a queue and so on, as a value that can be kept."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.feed_filter import term
from desktop.core.i18n import tr
from embedded_server.contracts.rabbitmq import DEFAULT_EXCHANGE, SUBJECT_ARROW, subject_of


class Place(StrEnum):
    """What kind of place it is."""

    OVERVIEW = "overview"
    VHOST = "vhost"
    EXCHANGES = "exchanges"
    """The heading over a virtual host's exchanges."""
    SYSTEM = "system"
    """The heading over the exchanges that every broker has."""
    EXCHANGE = "exchange"
    QUEUES = "queues"
    """The heading over a virtual host's queues."""
    QUEUE = "queue"
    CLIENTS = "clients"
    CONSUMERS = "consumers"


HEADINGS: Final = frozenset({Place.EXCHANGES, Place.SYSTEM, Place.QUEUES})


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a broker."""

    place: Place
    vhost: str = ""
    name: str = ""

    @property
    def is_heading(self) -> bool:
        """Whether it only stands over others."""
        return self.place in HEADINGS


OVERVIEW: Final = Spot(Place.OVERVIEW)


def title_of(spot: Spot) -> str:
    """Answer how a spot is called."""
    match spot.place:
        case Place.OVERVIEW:
            return tr("Overview")
        case Place.EXCHANGES:
            return tr("Exchanges")
        case Place.SYSTEM:
            return tr("Built-in exchanges")
        case Place.QUEUES:
            return tr("Queues")
        case Place.CLIENTS:
            return tr("Clients")
        case Place.CONSUMERS:
            return tr("Consumers")
        case Place.EXCHANGE:
            return spot.name or DEFAULT_EXCHANGE
    return spot.name


def kept_text(spot: Spot) -> str:
    """Write a spot for the settings."""
    return json.dumps([spot.place, spot.vhost, spot.name])


def spot_of(text: str) -> Spot | None:
    """Read what `kept_text` wrote; nothing where it makes no sense."""
    try:
        place, vhost, name = json.loads(text)
        return Spot(Place(place), str(vhost), str(name))
    except (ValueError, TypeError):
        return None


def base_filter(connection: str, spot: Spot) -> str:
    """Answer the filter that lists the messages seen at *spot* of the connection of that name."""
    whole = f"{term('connection', connection)} kind:message"
    if spot.place is Place.QUEUE:
        # What was read from it, what a tap of it copied, and what was sent straight to it.
        seen = (term("worker", spot.name), term("worker", f"tap {spot.name}"), term("subject", subject_of("", spot.name)))
        return f"{whole} ({' OR '.join(seen)})"
    if spot.place is Place.EXCHANGE:
        return f"{whole} {_prefix(f'{spot.name or DEFAULT_EXCHANGE}{SUBJECT_ARROW}')}"
    return whole


def _prefix(start: str) -> str:
    """Match subjects that begin with *start*, whatever stands in it: in the filter language only a pattern can."""
    return f"subject:/^{re.escape(start).replace('/', chr(92) + '/')}/"
