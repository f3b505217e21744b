"""A dead-lettered message's history (``x-death``) as rows, the newest death first, as RabbitMQ keeps it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from desktop.core.i18n import N_, tr

NS: Final = 1_000_000_000
_REASONS: Final = {
    "rejected": N_("rejected"),
    "expired": N_("expired"),
    "maxlen": N_("queue was full"),
    "delivery_limit": N_("delivered too often"),
}


class Death(NamedTuple):
    """One queue it died in, for one reason."""

    queue: str
    reason: str
    times: int
    at: int
    """Nanoseconds since the Unix epoch of the first time; 0 where it is not told."""
    exchange: str
    routing_keys: tuple[str, ...]


def deaths_of(headers: Mapping[str, Any]) -> list[Death]:
    """Read ``x-death``; what is not of its shape is left out."""
    found = headers.get("x-death")
    return [_death(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _death(entry: Mapping[str, Any]) -> Death:
    count, time, keys = entry.get("count"), entry.get("time"), entry.get("routing-keys")
    return Death(
        queue=str(entry.get("queue") or ""),
        reason=str(entry.get("reason") or ""),
        times=count if isinstance(count, int) else 1,
        at=time * NS if isinstance(time, int) and time > 0 else 0,
        exchange=str(entry.get("exchange") or ""),
        routing_keys=tuple(str(key) for key in keys) if isinstance(keys, list) else (),
    )


def reason_word(reason: str) -> str:
    """Answer why it died, in the user's language."""
    return tr(_REASONS[reason]) if reason in _REASONS else reason
