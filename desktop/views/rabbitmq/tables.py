"""The columns of the smaller tables: bindings, consumers, clients, channels, arguments."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from desktop.core.formatting import size
from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_words import argument_chips, exchange_name
from desktop.core.states import UNKNOWN, count_text
from desktop.views.widgets.small_table import SmallColumn
from embedded_server.contracts.rabbitmq import BindingInfo, ChannelInfo, ClientInfo, ConsumerInfo


def plain(arguments: Mapping[str, Any]) -> str:
    """Write arguments in one line."""
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())


class Argument(NamedTuple):
    """One argument of a queue or an exchange."""

    name: str
    value: Any


def arguments_of(arguments: Mapping[str, Any]) -> list[Argument]:
    """Answer arguments as rows."""
    return [Argument(name, value) for name, value in sorted(arguments.items())]


def _type_word(value: Any) -> str:
    words = (
        (bool, N_("boolean")),
        (int, N_("integer")),
        (float, N_("float")),
        (str, N_("string")),
        (dict, N_("table")),
        (list, N_("array")),
    )
    return next((tr(word) for kind, word in words if isinstance(value, kind)), tr("null"))


def _meaning(row: Argument) -> str:
    tip = argument_chips({row.name: row.value})[0].tip
    return tip.partition("\n")[2]


def _shown(row: Argument) -> str:
    if isinstance(row.value, str):
        return exchange_name(row.value) if row.name.endswith("-exchange") else row.value
    return json.dumps(row.value, ensure_ascii=False)


ARGUMENTS: Final = (
    SmallColumn[Argument](N_("Argument"), 200, lambda row: row.name, mono=True, tip=lambda row: row.name),
    SmallColumn[Argument](N_("Value"), 120, _shown, mono=True, tip=_shown, share=1),
    SmallColumn[Argument](N_("Type"), 72, lambda row: _type_word(row.value)),
    SmallColumn[Argument](N_("Meaning"), 220, _meaning, tip=_meaning, share=3),
)
BINDINGS: Final = (
    SmallColumn[BindingInfo](
        N_("From"), 112, lambda row: exchange_name(row.source), mono=True, tip=lambda row: exchange_name(row.source), share=1
    ),
    SmallColumn[BindingInfo](N_("Routing key"), 112, lambda row: row.routing_key, mono=True, tip=lambda row: row.routing_key, share=1),
    SmallColumn[BindingInfo](
        N_("To"),
        136,
        lambda row: row.destination if row.to_queue else tr("{name} (exchange)", name=row.destination),
        mono=True,
        tip=lambda row: row.destination,
        share=3,
    ),
    SmallColumn[BindingInfo](
        N_("Arguments"),
        88,
        lambda row: plain(row.arguments),
        mono=True,
        tip=lambda row: plain(row.arguments) or tr("No arguments"),
        share=3,
    ),
)


def _ack(row: ConsumerInfo) -> str:
    return tr("manual") if row.ack_required else tr("automatic")


def _active(row: ConsumerInfo) -> str:
    return tr("active") if row.active else tr("waiting")


def _client(row: ConsumerInfo) -> str:
    """The client's end alone, and which of its channels."""
    _, bracket, number = row.channel.rpartition(" (")
    return f"{row.peer}{bracket}{number}" if row.peer else row.channel


CONSUMERS: Final = (
    SmallColumn[ConsumerInfo](N_("State"), 84, _active, tone=lambda row: "ok" if row.active else "wait"),
    SmallColumn[ConsumerInfo](N_("Queue"), 128, lambda row: row.queue, mono=True, tip=lambda row: row.queue, share=3),
    SmallColumn[ConsumerInfo](N_("Consumer tag"), 128, lambda row: row.tag, mono=True, tip=lambda row: row.tag, share=3),
    SmallColumn[ConsumerInfo](
        N_("Unacked"),
        76,
        lambda row: count_text(row.channel_unacked),
        right=True,
        tip=lambda _: tr("Held by its channel: the broker does not tell them apart by consumer"),
    ),
    SmallColumn[ConsumerInfo](
        N_("Prefetch"),
        76,
        lambda row: count_text(row.prefetch) if row.prefetch else tr("no limit"),
        right=True,
        tip=lambda _: tr("How many unacknowledged messages it may hold"),
    ),
    SmallColumn[ConsumerInfo](
        N_("Ack"), 76, _ack, tip=lambda _: tr("Automatic: a message counts as done the moment it is sent to the consumer")
    ),
    SmallColumn[ConsumerInfo](N_("Client"), 148, _client, mono=True, tip=lambda row: row.channel or row.peer, share=1),
)
_CLIENT_TONES: Final = {"running": "ok", "flow": "warn", "blocked": "warn", "blocking": "warn", "closed": "bad", "closing": "wait"}


def _bytes_rate(value: float | None) -> str:
    return UNKNOWN if value is None else tr("{size} / s", size=size(value))


def _client_tip(row: ClientInfo) -> str:
    return "\n".join(part for part in (row.given_name, row.product, row.name) if part)


CLIENTS: Final = (
    SmallColumn[ClientInfo](N_("State"), 80, lambda row: row.state, tone=lambda row: _CLIENT_TONES.get(row.state, "wait")),
    SmallColumn[ClientInfo](N_("Client"), 116, lambda row: row.given_name or row.product, tip=_client_tip, share=3),
    SmallColumn[ClientInfo](N_("Address"), 124, lambda row: row.peer or row.name, mono=True, tip=lambda row: row.name, share=1),
    SmallColumn[ClientInfo](N_("User"), 56, lambda row: row.user, mono=True, tip=lambda row: row.user),
    SmallColumn[ClientInfo](N_("Virtual host"), 88, lambda row: row.vhost, mono=True, tip=lambda row: row.vhost),
    SmallColumn[ClientInfo](N_("Channels"), 72, lambda row: count_text(row.channels), right=True),
    SmallColumn[ClientInfo](N_("In"), 76, lambda row: _bytes_rate(row.rate_in), right=True),
    SmallColumn[ClientInfo](N_("Out"), 76, lambda row: _bytes_rate(row.rate_out), right=True),
    SmallColumn[ClientInfo](
        N_("Product"),
        72,
        lambda row: f"{row.product}, TLS" if row.tls else row.product,
        tip=lambda row: row.product or tr("It does not say"),
        share=2,
    ),
)


def _prefetch(row: ChannelInfo) -> str:
    limits = [count_text(row.prefetch) if row.prefetch else "", tr("{n} shared", n=row.global_prefetch) if row.global_prefetch else ""]
    return ", ".join(limit for limit in limits if limit) or tr("no limit")


def _mode(row: ChannelInfo) -> str:
    return tr("confirms") if row.confirm else tr("transactions") if row.transactional else ""


CHANNELS: Final = (
    SmallColumn[ChannelInfo](N_("State"), 84, lambda row: row.state, tone=lambda row: _CLIENT_TONES.get(row.state, "wait")),
    SmallColumn[ChannelInfo](N_("Channel"), 72, lambda row: str(row.number), right=True, tip=lambda row: row.name),
    SmallColumn[ChannelInfo](N_("Consumers"), 88, lambda row: count_text(row.consumers), right=True),
    SmallColumn[ChannelInfo](N_("Unacked"), 80, lambda row: count_text(row.unacked), right=True),
    SmallColumn[ChannelInfo](N_("Unconfirmed"), 100, lambda row: count_text(row.unconfirmed), right=True),
    SmallColumn[ChannelInfo](N_("Prefetch"), 88, _prefetch, right=True),
    SmallColumn[ChannelInfo](N_("Mode"), 0, _mode),
)
