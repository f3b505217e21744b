"""From the management API's JSON to values: what a broker of another version leaves out is None, and never a surprise."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from embedded_server.contracts.rabbitmq import BindingInfo, ChannelInfo, ClientInfo, ConsumerInfo, ExchangeInfo, QueueInfo, VHostInfo

QUEUE_COLUMNS: Final = (
    "name,vhost,type,durable,exclusive,auto_delete,arguments,state,messages_ready,messages_unacknowledged,message_bytes,consumers,"
    "policy,idle_since,message_stats.publish_details.rate,message_stats.deliver_get_details.rate,message_stats.ack_details.rate"
)
"""A whole queue takes five times as many bytes."""
EXCHANGE_COLUMNS: Final = (
    "name,vhost,type,durable,auto_delete,internal,arguments,message_stats.publish_in_details.rate,message_stats.publish_out_details.rate"
)
CLIENT_COLUMNS: Final = (
    "name,user,vhost,peer_host,peer_port,state,user_provided_name,client_properties.product,client_properties.version,"
    "client_properties.connection_name,channels,ssl,connected_at,recv_oct_details.rate,send_oct_details.rate"
)
CHANNEL_COLUMNS: Final = (
    "name,connection_details.name,number,vhost,user,state,prefetch_count,global_prefetch_count,messages_unacknowledged,"
    "messages_unconfirmed,consumer_count,confirm,transactional"
)
HELD_COLUMNS: Final = "name,messages_unacknowledged"

Json = Mapping[str, Any]


def items(value: Any) -> list[Json]:
    """Answer the objects of a list; nothing where it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inner(value: Any, *names: str) -> Any:
    """Answer what is at a path of names, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def whole(value: Any, *names: str) -> int | None:
    """Answer a whole number at a path of names, or None."""
    found = inner(value, *names) if names else value
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def rate(value: Any, event: str) -> float | None:
    """Answer how often *event* happens a second. Where there are figures and it is not among them, it never has: 0."""
    stats = inner(value, "message_stats")
    found = inner(stats, f"{event}_details", "rate")
    if isinstance(found, int | float):
        return max(0.0, float(found))
    told = isinstance(value, dict) and (stats is not None or "messages_ready" in value or "messages" in value)
    return 0.0 if told else None


def text(value: Any, *names: str) -> str:
    """Answer the text at a path of names; nothing where there is none."""
    found = inner(value, *names) if names else value
    return found if isinstance(found, str) else ""


def arguments(value: Any) -> dict[str, Any]:
    """Answer an object's arguments; some versions write an empty table as a list."""
    found = inner(value, "arguments")
    return dict(found) if isinstance(found, dict) else {}


def vhost_of(item: Json) -> VHostInfo:
    """Read a virtual host."""
    return VHostInfo(
        name=text(item, "name"),
        ready=whole(item, "messages_ready"),
        unacked=whole(item, "messages_unacknowledged"),
        publish_rate=rate(item, "publish"),
        deliver_rate=rate(item, "deliver_get"),
    )


def exchange_of(item: Json) -> ExchangeInfo:
    """Read an exchange."""
    return ExchangeInfo(
        name=text(item, "name"),
        vhost=text(item, "vhost"),
        type=text(item, "type"),
        durable=bool(item.get("durable")),
        auto_delete=bool(item.get("auto_delete")),
        internal=bool(item.get("internal")),
        arguments=arguments(item),
        rate_in=rate(item, "publish_in"),
        rate_out=rate(item, "publish_out"),
    )


def queue_of(item: Json, *, rates: bool = True) -> QueueInfo:
    """Read a queue. Without *rates* the broker was asked not to tell them."""
    given = arguments(item)
    declared_type = given.get("x-queue-type")
    return QueueInfo(
        name=text(item, "name"),
        vhost=text(item, "vhost"),
        type=text(item, "type") or (declared_type if isinstance(declared_type, str) else "classic"),
        durable=bool(item.get("durable")),
        exclusive=bool(item.get("exclusive")) or item.get("owner_pid_details") is not None,
        auto_delete=bool(item.get("auto_delete")),
        arguments=given,
        state=text(item, "state"),
        ready=whole(item, "messages_ready"),
        unacked=whole(item, "messages_unacknowledged"),
        bytes=whole(item, "message_bytes"),
        consumers=whole(item, "consumers"),
        publish_rate=rate(item, "publish") if rates else None,
        deliver_rate=rate(item, "deliver_get") if rates else None,
        ack_rate=rate(item, "ack") if rates else None,
        policy=text(item, "policy"),
        idle_since=text(item, "idle_since"),
    )


def binding_of(item: Json) -> BindingInfo:
    """Read a binding."""
    return BindingInfo(
        vhost=text(item, "vhost"),
        source=text(item, "source"),
        destination=text(item, "destination"),
        to_queue=item.get("destination_type") != "exchange",
        routing_key=text(item, "routing_key"),
        arguments=arguments(item),
        properties_key=text(item, "properties_key"),
    )


def bindings_of(value: Any) -> list[BindingInfo]:
    """Read bindings, without those of the default exchange."""
    return [binding_of(item) for item in items(value) if item.get("source")]


def client_of(item: Json) -> ClientInfo:
    """Read a client's connection."""
    properties = item.get("client_properties")
    product = " ".join(filter(None, (text(properties, "product"), text(properties, "version"))))
    return ClientInfo(
        name=text(item, "name"),
        user=text(item, "user"),
        vhost=text(item, "vhost"),
        peer=_address(item),
        state=text(item, "state"),
        product=product,
        given_name=text(item, "user_provided_name") or text(properties, "connection_name"),
        channels=whole(item, "channels"),
        tls=bool(item.get("ssl")),
        connected_at=(whole(item, "connected_at") or 0) * 1_000_000,
        rate_in=_bytes_rate(item, "recv_oct"),
        rate_out=_bytes_rate(item, "send_oct"),
    )


def _address(item: Any) -> str:
    host, port = text(item, "peer_host"), whole(item, "peer_port")
    if not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _bytes_rate(item: Json, name: str) -> float | None:
    found = inner(item, f"{name}_details", "rate")
    return max(0.0, float(found)) if isinstance(found, int | float) else None


def channel_of(item: Json) -> ChannelInfo:
    """Read a channel."""
    return ChannelInfo(
        name=text(item, "name"),
        connection=text(item, "connection_details", "name"),
        number=whole(item, "number") or 0,
        vhost=text(item, "vhost"),
        user=text(item, "user"),
        state=text(item, "state"),
        prefetch=whole(item, "prefetch_count"),
        global_prefetch=whole(item, "global_prefetch_count"),
        unacked=whole(item, "messages_unacknowledged"),
        unconfirmed=whole(item, "messages_unconfirmed"),
        consumers=whole(item, "consumer_count"),
        confirm=bool(item.get("confirm")),
        transactional=bool(item.get("transactional")),
    )


def consumer_of(item: Json, unacked: Mapping[str, int | None]) -> ConsumerInfo:
    """Read a consumer; *unacked* tells by a channel's name what it holds."""
    channel = item.get("channel_details")
    name = text(channel, "name")
    return ConsumerInfo(
        tag=text(item, "consumer_tag"),
        queue=text(item, "queue", "name"),
        vhost=text(item, "queue", "vhost"),
        connection=text(channel, "connection_name"),
        channel=name,
        peer=_address(channel),
        ack_required=bool(item.get("ack_required")),
        exclusive=bool(item.get("exclusive")),
        active=item.get("active") is not False,
        prefetch=whole(item, "prefetch_count") or 0,
        channel_unacked=unacked.get(name),
        arguments=arguments(item),
    )


def unacked_of(value: Any) -> dict[str, int | None]:
    """Read what each channel holds unacknowledged, by its name."""
    return {text(item, "name"): whole(item, "messages_unacknowledged") for item in items(value)}


def exchanges_of(value: Any) -> list[ExchangeInfo]:
    """Read exchanges in the order of their names, the default one first.

    The broker leaves out figures of what was never used: where it tells those of one exchange, the others' are 0.
    """
    found = sorted(map(exchange_of, items(value)), key=lambda exchange: exchange.name)
    if all(exchange.rate_in is None for exchange in found):
        return found
    return [replace(exchange, rate_in=0.0, rate_out=0.0) if exchange.rate_in is None else exchange for exchange in found]


def total(infos: Iterable[int | None]) -> int | None:
    """Add up; None where nothing was told."""
    told = [number for number in infos if number is not None]
    return sum(told) if told else None
