"""Which secrets a connection has after a change, and where they may be taken."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from embedded_server.connections.problems import SecretStays
from embedded_server.contracts.connections import ConnectionSpec, RabbitSettings, SaveConnection, Secret

GUEST: Final = "guest"
"""RabbitMQ's own first user, whose password everybody knows: it is no secret, and not kept as one."""


def names_after(before: frozenset[Secret], changes: Mapping[Secret, str]) -> frozenset[Secret]:
    """Answer which secrets there are after *changes*, of which the empty ones forget."""
    return (before - changes.keys()) | {secret for secret, text in changes.items() if text}


def changes_of(save: SaveConnection) -> dict[Secret, str]:
    """Answer the secrets to keep; where the guest's known password comes in, another one is forgotten."""
    known = _guests(save.spec)
    return {secret: "" if secret in known and text == GUEST else text for secret, text in save.secrets.items()}


def with_guest(spec: ConnectionSpec, values: Mapping[Secret, str]) -> dict[Secret, str]:
    """Answer *values* with the guest's password, where it is the guest and has no other."""
    return {**dict.fromkeys(_guests(spec), GUEST), **values}


def check_stays(before: ConnectionSpec, kept: frozenset[Secret], save: SaveConnection) -> None:
    """Raise `SecretStays` where *save* would take a kept secret, unasked, to another host or out of TLS."""
    unasked = kept - save.secrets.keys()
    old, new = before.rabbitmq, save.spec.rabbitmq
    if not unasked or old is None or new is None:
        return
    elsewhere = old.host.casefold() != new.host.casefold() or (old.tls and not new.tls)
    if elsewhere or _management_place(old) != _management_place(new):
        raise SecretStays(name=before.name)


def is_same_link(before: ConnectionSpec, after: ConnectionSpec) -> bool:
    """Whether what is open can stay open: only the looks are others."""
    return (before.name, before.read_only, before.rabbitmq) == (after.name, after.read_only, after.rabbitmq)


def _guests(spec: ConnectionSpec) -> list[Secret]:
    """Answer which secrets are the guest's."""
    users = {Secret.PASSWORD: spec.rabbitmq.user, Secret.MANAGEMENT_PASSWORD: spec.rabbitmq.management_user} if spec.rabbitmq else {}
    return [secret for secret, user in users.items() if user == GUEST]


def _management_place(settings: RabbitSettings) -> tuple[str, str] | None:
    if not settings.management or not settings.management_url:
        return None  # the host itself, or nowhere
    parts = urlsplit(settings.management_url)
    return parts.scheme, (parts.hostname or "").casefold()
