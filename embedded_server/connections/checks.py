"""Checks what the user typed for a connection, field by field, and tidies it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from embedded_server.connections.bootstrap import check_bootstrap
from embedded_server.connections.fields import check_files, check_host, check_text, split_web_address
from embedded_server.connections.problems import (
    ConnectionKindInvalid,
    ConnectionNameInvalid,
    FieldInvalid,
    HeartbeatInvalid,
    ManagementUrlInvalid,
    PortInvalid,
    RegistryUrlInvalid,
    SaslUserMissing,
)
from embedded_server.contracts.connections import (
    EMBEDDED_ID,
    ConnectionKind,
    ConnectionSpec,
    KafkaSettings,
    RabbitSettings,
    SaslMechanism,
    SaveConnection,
    Secret,
)

MAX_NAME_CHARS: Final = 80


def check(save: SaveConnection) -> SaveConnection:
    """Answer *save* tidied; raises a `UserFacingError` that names the field. A password inside an API's URL becomes a secret."""
    spec = save.spec
    name = spec.name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or name.casefold() == EMBEDDED_ID:
        raise ConnectionNameInvalid(name=name[:MAX_NAME_CHARS])
    spec, secrets = _of_kind(replace(spec, name=name), save.secrets)
    for secret, text in secrets.items():
        if "\0" in text or len(text) > 4096:
            raise FieldInvalid(field=secret.value.replace("_", " "))
    return SaveConnection(spec, secrets)


def _of_kind(spec: ConnectionSpec, secrets: Mapping[Secret, str]) -> tuple[ConnectionSpec, dict[Secret, str]]:
    """Check the settings that belong to the kind; those of another kind are left out."""
    if spec.kind is ConnectionKind.RABBITMQ and spec.rabbitmq is not None:
        rabbit, kept = _management(_rabbit(spec.rabbitmq), dict(secrets))
        return replace(spec, rabbitmq=rabbit, kafka=None), kept
    if spec.kind is ConnectionKind.KAFKA and spec.kafka is not None:
        kafka, kept = _registry(_kafka(spec.kafka), dict(secrets))
        return replace(spec, rabbitmq=None, kafka=kafka), kept
    raise ConnectionKindInvalid(kind=spec.kind.value)


# -- RabbitMQ


def _rabbit(settings: RabbitSettings) -> RabbitSettings:
    host = check_host(settings.host)
    if not 0 <= settings.port <= 65_535:
        raise PortInvalid(port=settings.port)
    if not 0 <= settings.heartbeat_s <= 65_535:
        raise HeartbeatInvalid(seconds=settings.heartbeat_s)
    for field, text in (("virtual host", settings.vhost), ("user", settings.user), ("management user", settings.management_user)):
        check_text(field, text)
    ca_file, cert_file, key_file = check_files(settings.ca_file, settings.cert_file, settings.key_file)
    return replace(settings, host=host, vhost=settings.vhost or "/", ca_file=ca_file, cert_file=cert_file, key_file=key_file)


def _management(settings: RabbitSettings, secrets: dict[Secret, str]) -> tuple[RabbitSettings, dict[Secret, str]]:
    url = settings.management_url.strip()
    if not url:
        return replace(settings, management_url=""), secrets
    found = split_web_address(url)
    if found is None:
        raise ManagementUrlInvalid
    bare, user, password = found
    if password:
        secrets = {Secret.MANAGEMENT_PASSWORD: password, **secrets}
    return replace(settings, management_url=bare.removesuffix("/api"), management_user=user or settings.management_user), secrets


# -- Kafka


def _kafka(settings: KafkaSettings) -> KafkaSettings:
    bootstrap = check_bootstrap(settings.bootstrap)
    for field, text in (("user", settings.user), ("registry user", settings.registry_user)):
        check_text(field, text)
    if settings.mechanism is not SaslMechanism.NONE and not settings.user:
        raise SaslUserMissing(mechanism=settings.mechanism.value)
    ca_file, cert_file, key_file = check_files(settings.ca_file, settings.cert_file, settings.key_file)
    user = settings.user if settings.mechanism is not SaslMechanism.NONE else ""
    return replace(settings, bootstrap=bootstrap, user=user, ca_file=ca_file, cert_file=cert_file, key_file=key_file)


def _registry(settings: KafkaSettings, secrets: dict[Secret, str]) -> tuple[KafkaSettings, dict[Secret, str]]:
    url = settings.registry_url.strip()
    if not url:
        return replace(settings, registry_url="", registry_user=""), secrets
    found = split_web_address(url)
    if found is None:
        raise RegistryUrlInvalid
    bare, user, password = found
    if password:
        secrets = {Secret.REGISTRY_PASSWORD: password, **secrets}
    return replace(settings, registry_url=bare, registry_user=user or settings.registry_user), secrets
