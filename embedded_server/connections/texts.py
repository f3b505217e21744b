"""What people have of a broker as text, taken apart: AMQP URLs, Kafka URLs, bare brokers' addresses, a Kafka client's settings."""

from typing import Final

from embedded_server.connections import kafka_properties, kafka_urls, urls
from embedded_server.connections.bootstrap import check_bootstrap, split_bootstrap
from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, SaveConnection
from embedded_server.contracts.problems import UserFacingError

_AMQP_PORTS: Final = frozenset({5671, 5672, 15671, 15672})


def read_text(text: str) -> SaveConnection:
    """Answer the connection that *text* describes, named after where it leads. Raises a `UserFacingError` that names the part."""
    text = text.strip()
    scheme, mark, _ = text.partition("://")
    if mark and scheme.lower() in kafka_urls.SCHEMES:
        return _kafka(kafka_urls.parse(text))
    if kafka_properties.are_properties(text):
        return _kafka(kafka_properties.parse(text))
    if not mark and _are_addresses(text):
        return _kafka((KafkaSettings(check_bootstrap(text)), {}))
    settings, secrets = urls.parse(text)
    name = settings.host if settings.vhost == "/" else f"{settings.host} {settings.vhost}"
    return SaveConnection(ConnectionSpec(name, ConnectionKind.RABBITMQ, rabbitmq=settings), secrets)


def shown(spec: ConnectionSpec) -> str:
    """Write where a connection leads, without any secret."""
    if spec.rabbitmq is not None:
        return urls.url_of(spec.rabbitmq)
    return kafka_urls.url_of(spec.kafka) if spec.kafka is not None else ""


def _kafka(found: kafka_urls.Parsed) -> SaveConnection:
    settings, secrets = found
    name = split_bootstrap(settings.bootstrap)[0][0]
    return SaveConnection(ConnectionSpec(name, ConnectionKind.KAFKA, kafka=settings), secrets)


def _are_addresses(text: str) -> bool:
    """Whether these are brokers' addresses: all can be, at least one has a port, and none has that of a RabbitMQ."""
    if ":" not in text or "@" in text:
        return False
    try:
        return not {port for _, port in split_bootstrap(text)} & _AMQP_PORTS
    except UserFacingError:
        return False
