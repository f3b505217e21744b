"""Which secrets a connection has after a change, and where they may be taken."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from embedded_server.connections.bootstrap import split_bootstrap
from embedded_server.connections.problems import SecretStays
from embedded_server.contracts.connections import (
    ConnectionKind,
    ConnectionSpec,
    KafkaSettings,
    RabbitSettings,
    SaslMechanism,
    SaveConnection,
    Secret,
)

GUEST: Final = "guest"
"""RabbitMQ's own first user, whose password everybody knows: it is no secret, and not kept as one."""


def names_after(before: frozenset[Secret], changes: Mapping[Secret, str]) -> frozenset[Secret]:
    """Answer which secrets there are after *changes*, of which the empty ones forget."""
    return (before - changes.keys()) | {secret for secret, text in changes.items() if text}


def changes_of(save: SaveConnection, before: frozenset[Secret] = frozenset()) -> dict[Secret, str]:
    """Answer the secrets to keep; forgotten is what the connection has no use for, and what the guest's known password replaces."""
    known, useful = _guests(save.spec), useful_secrets(save.spec)
    named = {secret: "" if secret in known and text == GUEST else text for secret, text in save.secrets.items() if secret in useful}
    return {**dict.fromkeys(before - useful, ""), **named}


def useful_secrets(spec: ConnectionSpec) -> frozenset[Secret]:
    """Answer the secrets that a connection so described makes use of."""
    if spec.kind is not ConnectionKind.KAFKA or spec.kafka is None:
        return frozenset({Secret.PASSWORD, Secret.MANAGEMENT_PASSWORD})
    login = {Secret.PASSWORD} if spec.kafka.mechanism is not SaslMechanism.NONE else set()
    return frozenset(login | ({Secret.REGISTRY_PASSWORD} if spec.kafka.registry_url else set()))


def with_guest(spec: ConnectionSpec, values: Mapping[Secret, str]) -> dict[Secret, str]:
    """Answer *values* with the guest's password, where it is the guest and has no other."""
    return {**dict.fromkeys(_guests(spec), GUEST), **values}


def check_stays(before: ConnectionSpec, kept: frozenset[Secret], save: SaveConnection) -> None:
    """Raise `SecretStays` where *save* would take a kept secret, unasked, to another host or out of TLS."""
    unasked = (kept & useful_secrets(save.spec)) - save.secrets.keys()
    if unasked and _leads_elsewhere(before, save.spec, unasked):
        raise SecretStays(name=before.name)


def is_same_link(before: ConnectionSpec, after: ConnectionSpec) -> bool:
    """Whether what is open can stay open: only the looks are others."""
    return (before.name, before.read_only, before.rabbitmq, before.kafka) == (after.name, after.read_only, after.rabbitmq, after.kafka)


def _leads_elsewhere(before: ConnectionSpec, after: ConnectionSpec, secrets: frozenset[Secret]) -> bool:
    if before.kafka is not None and after.kafka is not None:
        moved = Secret.PASSWORD in secrets and _is_other_cluster(before.kafka, after.kafka)
        return moved or (Secret.REGISTRY_PASSWORD in secrets and _place(before.kafka.registry_url) != _place(after.kafka.registry_url))
    old, new = before.rabbitmq, after.rabbitmq
    if old is None or new is None:
        return True  # another kind of broker altogether
    elsewhere = old.host.casefold() != new.host.casefold() or (old.tls and not new.tls)
    return elsewhere or _management_place(old) != _management_place(new)


def _is_other_cluster(old: KafkaSettings, new: KafkaSettings) -> bool:
    return (old.tls and not new.tls) or not _hosts(new) <= _hosts(old)


def _hosts(settings: KafkaSettings) -> set[str]:
    return {host.casefold() for host, _ in split_bootstrap(settings.bootstrap)}


def _guests(spec: ConnectionSpec) -> list[Secret]:
    """Answer which secrets are the guest's."""
    users = {Secret.PASSWORD: spec.rabbitmq.user, Secret.MANAGEMENT_PASSWORD: spec.rabbitmq.management_user} if spec.rabbitmq else {}
    return [secret for secret, user in users.items() if user == GUEST]


def _management_place(settings: RabbitSettings) -> tuple[str, str] | None:
    if not settings.management or not settings.management_url:
        return None  # the host itself, or nowhere
    return _place(settings.management_url)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").casefold()
