"""Queues, exchanges and their figures in words: the same in the tree, the head and the tables."""

from collections.abc import Mapping
from typing import Any, Final

from desktop.core.formatting import NS_PER_MS, duration, number, rate, size
from desktop.core.i18n import N_, tr, trn
from desktop.core.states import Chip, State
from embedded_server.contracts.rabbitmq import DEFAULT_EXCHANGE, ExchangeInfo, MessageStatus, QueueInfo

SECONDS_UP_TO: Final = 120_000
"""Milliseconds up to which whole seconds are told as such."""
_WELL: Final = frozenset({"", "running", "idle"})


def queue_state(queue: QueueInfo, *, takes_dead_letters: bool = False) -> State:
    """Answer how a queue fares: what asks for attention comes first."""
    if queue.state not in _WELL:
        tone = "warn" if queue.state in {"flow", "minority", "syncing"} else "bad"
        return State(queue.state, tone, tr("The broker says that this queue is in the state “{state}”.", state=queue.state))
    if takes_dead_letters and queue.ready:
        return State(tr("dead letters"), "bad", tr("Messages that were rejected, expired or did not fit end here."))
    if queue.ready is None and queue.consumers is None:
        return State(tr("unknown"), "wait", tr("The broker has not told its figures yet."))
    if queue.consumers:
        return State(tr("consumed"), "ok", trn("{n} consumer takes from it.", "{n} consumers take from it.", queue.consumers))
    if queue.ready and queue.consumers == 0 and queue.type != "stream":
        return State(tr("no consumer"), "warn", tr("Messages wait, and nobody takes them."))
    return State(tr("idle"), "wait", tr("Nothing waits, and nobody takes from it."))


def depth_words(queue: QueueInfo) -> str:
    """Say what is in a queue, for tool tips and screen readers."""
    parts = []
    if queue.ready is not None:
        parts.append(tr("{n} ready", n=number(queue.ready)))
    if queue.unacked is not None:
        parts.append(tr("{n} unacked", n=number(queue.unacked)))
    if queue.publish_rate:
        parts.append(tr("in {rate}", rate=rate(queue.publish_rate)))
    if queue.deliver_rate:
        parts.append(tr("out {rate}", rate=rate(queue.deliver_rate)))
    return ", ".join(parts)


def exchange_name(name: str) -> str:
    """Answer how an exchange is called."""
    return name or DEFAULT_EXCHANGE


def is_system(exchange: ExchangeInfo) -> bool:
    """Whether every broker has it."""
    return not exchange.name or exchange.name.startswith("amq.")


def millis(value: Any) -> str:
    """Write a number of milliseconds as a span; whatever else it is, as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if value % 1000 == 0 and value < SECONDS_UP_TO:
        return f"{value / 1000:,.0f} s"
    return duration(value * NS_PER_MS)


def queue_chips(queue: QueueInfo) -> list[Chip]:
    """Answer a queue's features, the plain ones first."""
    chips = [Chip(queue.type, tr("The queue's type"))] if queue.type else []
    if queue.durable and queue.type:  # without the management API neither is known
        chips.append(Chip(tr("durable"), tr("Durable: it survives a restart of the broker")))
    if queue.auto_delete:
        chips.append(Chip(tr("auto-delete"), tr("Auto-delete: it goes when its last consumer has gone")))
    if queue.exclusive:
        chips.append(Chip(tr("exclusive"), tr("Exclusive: only the connection that declared it may use it, and it goes with it")))
    chips += argument_chips({name: value for name, value in queue.arguments.items() if name != "x-queue-type"})
    if queue.policy:
        chips.append(Chip(tr("policy {name}", name=queue.policy), tr("A policy of the broker adds to its arguments")))
    return chips


def exchange_chips(exchange: ExchangeInfo) -> list[Chip]:
    """Answer an exchange's features."""
    chips = [Chip(exchange.type, tr("The exchange's type: how it chooses where a message goes"))]
    if exchange.durable:
        chips.append(Chip(tr("durable"), tr("Durable: it survives a restart of the broker")))
    if exchange.auto_delete:
        chips.append(Chip(tr("auto-delete"), tr("Auto-delete: it goes when its last binding has gone")))
    if exchange.internal:
        chips.append(Chip(tr("internal"), tr("Nobody can publish to it: messages come from other exchanges")))
    return chips + argument_chips(exchange.arguments)


def argument_chips(arguments: Mapping[str, Any]) -> list[Chip]:
    """Answer what the arguments ask for; one that is not known stands as it is."""
    return [_chip_of(name, value) for name, value in sorted(arguments.items(), key=lambda item: _order(item[0]))]


_KNOWN: Final[dict[str, tuple[str, str]]] = {
    "x-message-ttl": (N_("TTL {value}"), N_("Messages that wait longer are dropped or dead-lettered")),
    "x-expires": (N_("expires {value}"), N_("The queue goes when nobody has used it for so long")),
    "x-dead-letter-exchange": (N_("DLX → {value}"), N_("Where rejected, expired and overflowing messages go")),
    "x-dead-letter-routing-key": (N_("DLX key {value}"), N_("The routing key they go there with")),
    "x-max-length": (N_("max {value}"), N_("No more messages than this")),
    "x-max-length-bytes": (N_("max {value}"), N_("No more bytes of bodies than this")),
    "x-overflow": ("{value}", N_("What happens to a message that does not fit")),
    "x-max-priority": (N_("priorities {value}"), N_("Messages of a higher priority are delivered first")),
    "x-single-active-consumer": (N_("single active"), N_("One consumer takes everything; another takes over when it goes")),
    "x-delivery-limit": (N_("delivery limit {value}"), N_("A message that was delivered more often is dead-lettered")),
    "x-max-age": (N_("max age {value}"), N_("Older segments of the stream are dropped")),
    "x-queue-mode": ("{value}", N_("Whether messages are kept on disk at once")),
    "alternate-exchange": (N_("else → {value}"), N_("Where messages go that no binding takes")),
}


def _order(name: str) -> tuple[int, str]:
    known = list(_KNOWN)
    return (known.index(name) if name in _KNOWN else len(known), name)


def _chip_of(name: str, value: Any) -> Chip:
    if name not in _KNOWN:
        return Chip(f"{name} {value}", tr("An argument"))
    text, tip = _KNOWN[name]
    shown = millis(value) if name in {"x-message-ttl", "x-expires"} else _plain(name, value)
    return Chip(tr(text, value=shown), f"{name}: {value}\n{tr(tip)}")


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return exchange_name(str(value)) if name.endswith("exchange") else str(value)
    return size(value) if name.endswith("bytes") else number(value)


_VALUES: Final = frozenset(status.value for status in MessageStatus)  # Python 3.11 takes no text on the left of `in`
_STATUS_WORDS: Final = {
    MessageStatus.CONFIRMED: (N_("confirmed"), "ok"),
    MessageStatus.REFUSED: (N_("refused"), "bad"),
    MessageStatus.UNCONFIRMED: (N_("unconfirmed"), "warn"),
    MessageStatus.RETURNED: (N_("returned"), "warn"),
    MessageStatus.TAPPED: (N_("tapped"), "run"),
    MessageStatus.TRACED: (N_("traced"), "run"),
    MessageStatus.GOT: (N_("got"), "run"),
    MessageStatus.READ: (N_("read"), "run"),
    MessageStatus.CONSUMED: (N_("consumed"), "ok"),
    MessageStatus.MOVED: (N_("moved"), "ok"),
    MessageStatus.REDRIVEN: (N_("redriven"), "ok"),
}
_COSTS: Final = {
    MessageStatus.TAPPED: N_("Read by tap: a copy, nothing was taken"),
    MessageStatus.TRACED: N_("Seen by the firehose: a copy, nothing was taken"),
    MessageStatus.GOT: N_("Read with get and put back: marked as redelivered"),
    MessageStatus.READ: N_("Read from a stream: nothing was taken"),
    MessageStatus.CONSUMED: N_("Consumed: it is no longer in the queue"),
    MessageStatus.CONFIRMED: N_("Published, and the broker confirmed it"),
    MessageStatus.REFUSED: N_("Published, and the broker refused it"),
    MessageStatus.UNCONFIRMED: N_("Published, and the connection was lost before the broker answered"),
    MessageStatus.RETURNED: N_("Published, and returned: no queue was bound for it"),
    MessageStatus.MOVED: N_("Moved: its copy was confirmed before the original was taken away"),
    MessageStatus.REDRIVEN: N_("Sent back to where it died: its copy was confirmed before the original was taken away"),
}


def status_word(status: str) -> str:
    """Answer a message's status in the user's language."""
    known = _STATUS_WORDS.get(MessageStatus(status)) if status in _VALUES else None
    return tr(known[0]) if known else status


def status_tone(status: str) -> str | None:
    """Answer its colour."""
    known = _STATUS_WORDS.get(MessageStatus(status)) if status in _VALUES else None
    return known[1] if known else None


def cost_of(status: str) -> str:
    """Say what reading or sending this message did to the broker."""
    return tr(_COSTS[MessageStatus(status)]) if status in _VALUES else ""
