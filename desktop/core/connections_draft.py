"""The connection form as typed, what keeps it from being saved, and the connection it makes."""

from dataclasses import dataclass, replace
from typing import Final

from desktop.core.connections_entries import Draft, Entry, EntryFault, entry_of
from desktop.core.connections_kafka import addresses_in, kafka_faults, kafka_settings, with_kafka
from desktop.core.i18n import N_
from embedded_server.contracts.connections import (
    ConnectionKind,
    ConnectionSpec,
    KafkaSettings,
    RabbitSettings,
    SaveConnection,
    Secret,
)

__all__ = ["Draft", "Entry", "EntryFault", "Prepared", "draft_of", "entry_of", "has_changes", "prepare", "with_kind", "with_url"]

GUEST: Final = "guest"
_RABBIT_SECRETS: Final = frozenset({Secret.PASSWORD, Secret.MANAGEMENT_PASSWORD})
_KAFKA_SECRETS: Final = frozenset({Secret.PASSWORD, Secret.REGISTRY_PASSWORD})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: what is saved, or what keeps it from being that."""

    save: SaveConnection | None
    faults: tuple[EntryFault, ...] = ()


def draft_of(spec: ConnectionSpec) -> Draft:
    """Write a connection into the form."""
    draft = Draft(name=spec.name, kind=spec.kind, colour=spec.colour, environment=spec.environment, read_only=spec.read_only)
    if spec.kind is ConnectionKind.KAFKA:
        return with_kafka(draft, spec.kafka or KafkaSettings(""))
    rabbit = spec.rabbitmq or RabbitSettings("")
    return replace(
        draft,
        host=rabbit.host,
        port=str(rabbit.port) if rabbit.port else "",
        vhost=rabbit.vhost,
        user=rabbit.user,
        tls=rabbit.tls,
        verify=rabbit.verify,
        ca_file=rabbit.ca_file,
        cert_file=rabbit.cert_file,
        key_file=rabbit.key_file,
        heartbeat=str(rabbit.heartbeat_s),
        management=rabbit.management,
        management_url=rabbit.management_url,
        management_user=rabbit.management_user,
    )


def has_changes(draft: Draft, saved: ConnectionSpec | None) -> bool:
    """Whether anything was typed that is not saved."""
    return draft != (Draft() if saved is None else draft_of(saved))


def with_kind(draft: Draft, kind: ConnectionKind) -> Draft:
    """Take another kind; RabbitMQ's guest is nobody to Kafka, and the usual user of a RabbitMQ."""
    users = {ConnectionKind.KAFKA: (GUEST, ""), ConnectionKind.RABBITMQ: ("", GUEST)}
    before, after = users[kind]
    return replace(draft, kind=kind, user=after if draft.user == before else draft.user)


def with_url(draft: Draft, parsed: SaveConnection) -> Draft:
    """Fill what a URL says into *draft*; a name that was typed stays."""
    found = draft_of(parsed.spec)
    is_kafka = found.kind is ConnectionKind.KAFKA
    return replace(
        found,
        name=draft.name or found.name,
        colour=draft.colour if draft.name else found.colour,
        environment=draft.environment,
        read_only=draft.read_only,
        password=parsed.secrets.get(Secret.PASSWORD, ""),
        management=draft.management,
        management_url=draft.management_url,
        management_user=draft.management_user,
        management_password=draft.management_password,
        registry_url=found.registry_url or draft.registry_url,
        registry_user=found.registry_user or draft.registry_user,
        registry_password=parsed.secrets.get(Secret.REGISTRY_PASSWORD, draft.registry_password),
        ca_file=found.ca_file or draft.ca_file,
        cert_file=found.cert_file or draft.cert_file,
        key_file=found.key_file or draft.key_file,
        host=draft.host if is_kafka else found.host,
        bootstrap=found.bootstrap if is_kafka else draft.bootstrap,
    )


def prepare(draft: Draft) -> Prepared:
    """Check what can be checked here; the server checks the rest."""
    return _prepare_kafka(draft) if draft.kind is ConnectionKind.KAFKA else _prepare_rabbit(draft)


def _prepare_kafka(draft: Draft) -> Prepared:
    faults = kafka_faults(draft)
    if faults:
        return Prepared(None, tuple(faults))
    usual_name = addresses_in(draft.bootstrap)[0].rpartition(":")[0] or draft.bootstrap.strip()
    return Prepared(_saved(draft, ConnectionSpec(usual_name, ConnectionKind.KAFKA, kafka=kafka_settings(draft)), _KAFKA_SECRETS))


def _prepare_rabbit(draft: Draft) -> Prepared:
    faults: list[EntryFault] = []
    host = draft.host.strip()
    if not host:
        faults.append(EntryFault(Entry.HOST, N_("No host is given"), N_("Type a name or an address, or paste a whole URL above.")))
    port = _whole(draft.port)
    if port is None or port > 65_535:
        faults.append(EntryFault(Entry.PORT, N_("The port is no number up to 65535"), N_("Leave it empty for the usual one.")))
    heartbeat = _whole(draft.heartbeat)
    if heartbeat is None or heartbeat > 65_535:
        faults.append(EntryFault(Entry.HEARTBEAT, N_("The heartbeat is no number of seconds"), N_("30 suits most; 0 turns it off.")))
    if faults or port is None or heartbeat is None:
        return Prepared(None, tuple(faults))
    settings = RabbitSettings(
        host=host,
        port=port,
        vhost=draft.vhost,
        user=draft.user,
        tls=draft.tls,
        verify=draft.verify,
        ca_file=draft.ca_file.strip(),
        cert_file=draft.cert_file.strip(),
        key_file=draft.key_file.strip(),
        heartbeat_s=heartbeat,
        management=draft.management,
        management_url=draft.management_url.strip(),
        management_user=draft.management_user,
    )
    return Prepared(_saved(draft, ConnectionSpec(host, ConnectionKind.RABBITMQ, rabbitmq=settings), _RABBIT_SECRETS))


def _saved(draft: Draft, spec: ConnectionSpec, kinds_secrets: frozenset[Secret]) -> SaveConnection:
    """Answer *spec*, named as typed, with what was typed of the secrets that its kind has."""
    secrets = {
        Secret.PASSWORD: draft.password,
        Secret.MANAGEMENT_PASSWORD: draft.management_password,
        Secret.REGISTRY_PASSWORD: draft.registry_password,
    }
    named = replace(
        spec, name=draft.name.strip() or spec.name, colour=draft.colour, environment=draft.environment, read_only=draft.read_only
    )
    return SaveConnection(named, {secret: text for secret, text in secrets.items() if text and secret in kinds_secrets})


def _whole(text: str) -> int | None:
    """Answer the number, 0 where nothing is typed, None where it is none."""
    text = text.strip()
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
