"""How the management API changes the broker: as the client it is called by, with that client's permissions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.management.call import Call
from embedded_server.brokers.management.errors import bad_request, no_such
from embedded_server.brokers.management.inner_client import InnerClient, Refused

DEFAULT_EXCHANGE: Final = "amq.default"
"""The name in paths of the exchange that has none."""


def act(call: Call, vhost: str, method: bytes) -> None:
    """Carry out a method of AMQP as the user who calls; raises ``ApiError`` where the broker refuses it."""
    try:
        with InnerClient(call.node.broker, call.user.name, call.password, vhost) as client:
            client.call(method)
    except Refused as exc:
        raise exc.as_api_error() from exc


@contextmanager
def act_through(call: Call, vhost: str, *, fetches: bool = True) -> Iterator[InnerClient]:
    """A client that acts as the user who calls; where it is refused, the API's answer for a message that was fetched, or published."""
    try:
        with InnerClient(call.node.broker, call.user.name, call.password, vhost) as client:
            yield client
    except Refused as exc:
        raise exc.as_fetch_error() if fetches else exc.as_publish_error() from exc


def arguments_of(body: dict[str, Any]) -> dict[str, Any]:
    """The arguments in a body; an empty list stands for none, as PHP writes it."""
    arguments = body.get("arguments") or {}
    if not isinstance(arguments, dict):
        raise bad_request("arguments_not_object")
    return arguments


def vhost_to_change(call: Call, vhost: str) -> VHost:
    """The virtual host in which something is to be made; raises ``ApiError``."""
    if vhost not in call.node.broker.vhosts:
        raise no_such("vhost_not_found")
    return call.vhost(vhost)


def real_name(exchange: str) -> str:
    """The name of an exchange that a path names."""
    return "" if exchange == DEFAULT_EXCHANGE else exchange
