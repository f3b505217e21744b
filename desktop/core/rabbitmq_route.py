"""Where a message would go, and what became of it, in a line of words with its tone."""

from dataclasses import dataclass
from typing import Final

from desktop.core.i18n import tr, trn
from desktop.core.problems import hint_of, title_of
from embedded_server.contracts.rabbitmq import MessageStatus, PublishOutcome, Route

MOST_NAMES: Final = 4


@dataclass(frozen=True, slots=True)
class Said:
    """A line of words, its colour, and what its tool tip adds."""

    text: str
    tone: str = "dim"
    tip: str = ""


def route_words(route: Route, *, mandatory: bool) -> Said:
    """Say which queues a message would reach: ``Reaches orders.charge, orders.receipts``."""
    if route.problem is not None:
        return Said(f"{title_of(route.problem)}. {hint_of(route.problem)}", "warn")
    if route.queues:
        names = ", ".join(route.queues[:MOST_NAMES])
        rest = len(route.queues) - MOST_NAMES
        if rest > 0:
            text = trn("Reaches {names} and 1 more queue", "Reaches {names} and {n} more queues", rest, names=names)
        else:
            text = tr("Reaches {names}", names=names)
        if not route.exact:
            text = f"{text}. {_unsure(route)}"
        return Said(text, "ok" if route.exact else "warn", "\n".join(route.queues[:200]))
    if not route.exact:
        return Said(_unsure(route), "warn")
    if mandatory:
        return Said(tr("Reaches no queue: as it is mandatory, it comes back"), "warn")
    return Said(tr("Reaches no queue: it will be lost"), "warn")


def _unsure(route: Route) -> str:
    through = ", ".join(route.exchanges[:MOST_NAMES])
    return tr("Not known for certain: an exchange on the way has a type of its own ({exchanges})", exchanges=through)


def outcome_words(outcome: PublishOutcome) -> Said:
    """Say what the broker answered to one message."""
    if outcome.status is MessageStatus.CONFIRMED:
        return Said(tr("Confirmed by the broker"), "ok")
    if outcome.status is MessageStatus.RETURNED:
        said = tr("Returned: {reason}", reason=f"{outcome.reply_code} {outcome.reply_text}".strip())
        return Said(f"{said}\n{tr('No queue takes it. Bind one, or check exchange and routing key.')}", "warn")
    if outcome.status is MessageStatus.REFUSED:
        said = tr("Refused by the broker (nack)")
        return Said(f"{said}\n{tr('A queue is full and rejects publishing, or the broker failed to write it.')}", "bad")
    said = tr("Not confirmed: the connection was lost before the answer")
    return Said(f"{said}\n{tr('It may be there or not. Look before you send it again.')}", "warn")
