"""Connections in words, the same in the picker, the list and the form."""

from typing import Final

from desktop.core.i18n import N_, tr
from embedded_server.contracts.connections import (
    EMBEDDED_ID,
    Colour,
    Connection,
    ConnectionKind,
    Environment,
    LinkState,
    SecretState,
)

KIND_WORDS: Final = {ConnectionKind.EMBEDDED: N_("Embedded"), ConnectionKind.RABBITMQ: "RabbitMQ", ConnectionKind.KAFKA: "Kafka"}
ENVIRONMENT_WORDS: Final = {
    Environment.DEVELOPMENT: N_("development"),
    Environment.TEST: N_("test"),
    Environment.STAGING: N_("staging"),
    Environment.PRODUCTION: N_("production"),
}
COLOUR_WORDS: Final = {
    Colour.BLUE: N_("Blue"),
    Colour.TEAL: N_("Teal"),
    Colour.GREEN: N_("Green"),
    Colour.AMBER: N_("Amber"),
    Colour.RED: N_("Red"),
    Colour.VIOLET: N_("Violet"),
    Colour.GREY: N_("Grey"),
}
_STATES: Final = {
    LinkState.IDLE: (N_("idle"), "wait"),
    LinkState.CONNECTING: (N_("connecting"), "run"),
    LinkState.OPEN: (N_("connected"), "ok"),
    LinkState.WAITING: (N_("reconnecting"), "warn"),
    LinkState.FAILED: (N_("refused"), "bad"),
}
_SECRETS: Final = {
    SecretState.NONE: N_("No password is kept for it."),
    SecretState.KEYRING: N_("The password is in the system's keyring."),
    SecretState.MEMORY: N_("The password is in the server's memory until it ends: there is no keyring here."),
    SecretState.NEEDED: N_("The password is needed again: there is no keyring here to keep it."),
}


def name_of(connection: Connection) -> str:
    """Answer what it is called; the embedded one in the user's language."""
    return tr(KIND_WORDS[ConnectionKind.EMBEDDED]) if connection.id == EMBEDDED_ID else connection.spec.name


def host_of(connection: Connection) -> str:
    """Answer where it leads in little room: the host, or of a cluster the first one and that there are more."""
    rest = connection.url.partition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]
    first, *others = rest.split(",")
    return tr("{host} and {n} more", host=first, n=len(others)) if others else first


def mark_of(colour: Colour) -> str:
    """Answer the theme's name for a connection's colour."""
    return f"mark_{colour.value}"


def state_of(connection: Connection) -> tuple[str, str]:
    """Answer how it fares: the word and its state colour."""
    if connection.secret is SecretState.NEEDED:
        return tr("password needed"), "warn"
    word, tone = _STATES[connection.health.state]
    return tr(word), tone


def environment_of(connection: Connection) -> tuple[str, str]:
    """Answer the environment's word and colour; none for the embedded one, which is nobody's."""
    if connection.spec.kind is ConnectionKind.EMBEDDED:
        return "", "dim"
    environment = connection.spec.environment
    return tr(ENVIRONMENT_WORDS[environment]), "bad" if environment is Environment.PRODUCTION else "dim"


def secret_words(state: SecretState) -> str:
    """Tell where the secrets are."""
    return tr(_SECRETS[state])


def summary(connection: Connection) -> str:
    """Answer all of it in one line, for tool tips and screen readers."""
    parts = [
        name_of(connection),
        state_of(connection)[0],
        environment_of(connection)[0],
        tr("read-only") if connection.spec.read_only else "",
    ]
    return ", ".join(part for part in parts if part)
