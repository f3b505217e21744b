"""Connections on the wire: named profiles of what Switchroom speaks to. Secrets go in, and never come out."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from embedded_server.contracts.problems import ProblemDetails

EMBEDDED_ID: Final = "embedded"
"""The connection to the embedded brokers: always there, not to be edited or removed. Also its name in the journal."""


class ConnectionKind(StrEnum):
    """What stands at the other end."""

    EMBEDDED = "embedded"
    RABBITMQ = "rabbitmq"
    KAFKA = "kafka"


class Environment(StrEnum):
    """How careful one has to be there. On production, destructive acts ask for the object's name."""

    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class Colour(StrEnum):
    """The mark by which a user tells connections apart; each theme has its own shade of it."""

    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    VIOLET = "violet"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class RabbitSettings:
    """Where a RabbitMQ is and how it is spoken to."""

    host: str
    port: int = 0
    """0 is the protocol's own: 5672, with TLS 5671."""
    vhost: str = "/"
    user: str = "guest"
    tls: bool = False
    verify: bool = True
    """Whether the certificate and the host's name in it are checked."""
    ca_file: str = ""
    """A file of trusted certificates on the server's machine; empty trusts what the system trusts."""
    cert_file: str = ""
    key_file: str = ""
    heartbeat_s: int = 30
    management: bool = True
    """Whether the management API is used at all."""
    management_url: str = ""
    """Empty is the usual one: port 15672 of the host, with TLS 15671."""
    management_user: str = ""
    """Empty is the same user."""


class SaslMechanism(StrEnum):
    """How a client tells Kafka who it is."""

    NONE = ""
    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where a Kafka cluster is and how it is spoken to, and its Schema Registry, where it has one."""

    bootstrap: str
    """``host:port``, several with commas between; the port is 9092 where none is given."""
    tls: bool = False
    verify: bool = True
    """Whether certificates and the hosts' names in them are checked."""
    ca_file: str = ""
    """A file of trusted certificates on the server's machine; empty trusts what the system trusts."""
    cert_file: str = ""
    key_file: str = ""
    mechanism: SaslMechanism = SaslMechanism.NONE
    user: str = ""
    registry_url: str = ""
    """Of the Schema Registry (its Confluent-compatible API); empty where there is none."""
    registry_user: str = ""


class Secret(StrEnum):
    """Which secrets a connection may have."""

    PASSWORD = "password"  # noqa: S105 - the name of a secret, not one
    MANAGEMENT_PASSWORD = "management_password"  # noqa: S105 - the same
    REGISTRY_PASSWORD = "registry_password"  # noqa: S105 - the same


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """A connection as the user describes it, without its secrets."""

    name: str
    kind: ConnectionKind
    colour: Colour = Colour.BLUE
    environment: Environment = Environment.DEVELOPMENT
    read_only: bool = False
    """The server refuses whatever would change the broker or take a message from it."""
    rabbitmq: RabbitSettings | None = None
    kafka: KafkaSettings | None = None


@dataclass(frozen=True, slots=True)
class SaveConnection:
    """Add or change a connection. A secret that is not named stays as it is; an empty one is forgotten."""

    spec: ConnectionSpec
    secrets: dict[Secret, str] = field(default_factory=dict)


class SecretState(StrEnum):
    """Where a connection's secrets are."""

    NONE = "none"
    """It needs none."""
    KEYRING = "keyring"
    MEMORY = "memory"
    """There is no keyring: kept by the server until it ends."""
    NEEDED = "needed"
    """There is no keyring and the server has started anew: ask the user."""


class LinkState(StrEnum):
    """How a connection fares."""

    IDLE = "idle"
    """Nothing has been asked of it yet."""
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    """Lost; tried again at ``retry_at``."""
    FAILED = "failed"
    """Refused for a reason that trying again does not mend."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a connection fares, and why."""

    state: LinkState = LinkState.IDLE
    problem: ProblemDetails | None = None
    retry_at: int = 0
    """Nanoseconds since the Unix epoch; 0 where nothing waits."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection and how it fares."""

    id: str
    spec: ConnectionSpec
    url: str
    """Where it leads, without any secret. Of the embedded one, where its RabbitMQ side leads."""
    secret: SecretState = SecretState.NONE
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class Connections:
    """All of them, in the user's order, the embedded one first."""

    connections: list[Connection]
    keyring: bool
    """Whether this machine keeps secrets; where not, they are asked for once per launch."""


@dataclass(frozen=True, slots=True)
class UrlText:
    """A connection as one line, such as ``amqps://user:password@host/vhost`` or ``kafka://host:9092,other:9092``."""

    url: str


class TestStep(StrEnum):
    """The steps of a connection's test, in their order; each kind of connection has some of them."""

    NAME = "name"
    PORT = "port"
    TLS = "tls"
    PROTOCOL = "protocol"
    LOGIN = "login"
    VHOST = "vhost"
    PERMISSIONS = "permissions"
    MANAGEMENT = "management"
    ADVERTISED = "advertised"
    """Every broker of the cluster answers at the address it advertises."""
    TOPICS = "topics"
    """Topics may be listed and described."""
    REGISTRY = "registry"


class TestOutcome(StrEnum):
    """How a step of the test ended."""

    PASSED = "passed"
    WARNING = "warning"
    """It works, but something is missing: what, says the problem."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One step of the test."""

    step: TestStep
    outcome: TestOutcome
    took_ms: float = 0.0
    found: str = ""
    """What was found: addresses, a certificate's subject, a product and its version."""
    problem: ProblemDetails | None = None
    """What failed, and what to try."""


@dataclass(frozen=True, slots=True)
class TestReport:
    """All steps, up to the one that failed; those after it are skipped."""

    results: list[TestResult]

    @property
    def passed(self) -> bool:
        """Whether the connection can be used."""
        return not any(result.outcome is TestOutcome.FAILED for result in self.results)


@dataclass(frozen=True, slots=True)
class ConnectionsFile:
    """What export writes and import reads: connections without their secrets."""

    connections: list[ConnectionSpec]
    version: int = 1
