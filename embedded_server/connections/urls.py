"""AMQP URLs: taken apart as people have them (RabbitMQ's, pika's and Celery's ways of writing them), and written without secrets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlsplit

from embedded_server.connections.fields import check_host
from embedded_server.connections.problems import (
    UrlHasBlanks,
    UrlNeedsEscapes,
    UrlNotUtf8,
    UrlOptionInvalid,
    UrlOptionUnknown,
    UrlPortInvalid,
    UrlSchemeUnknown,
    UrlWithoutHost,
)
from embedded_server.contracts.connections import RabbitSettings, Secret

SCHEMES: Final = {"amqp": False, "amqps": True, "pyamqp": False, "pyamqps": True, "librabbitmq": False}
"""Each with whether it is TLS."""
_CLIENTS_OWN: Final = frozenset({
    "connection_attempts", "retry_delay", "socket_timeout", "stack_timeout", "blocked_connection_timeout", "locale", "frame_max",
    "channel_max", "tcp_options", "connection_timeout", "auth_mechanism", "backpressure_detection", "server_name_indication", "name",
})  # fmt: skip
"""Options by which other clients set themselves up: they say nothing about the broker, and are left out."""
_DEFAULT_USER: Final = "guest"


def parse(url: str) -> tuple[RabbitSettings, dict[Secret, str]]:
    """Take *url* apart into settings and secrets. Raises a `UserFacingError` that names the part, and never repeats the URL."""
    url = url.strip()
    blank = next((at for at, char in enumerate(url, start=1) if char.isspace() or not char.isprintable()), 0)
    if blank:
        raise UrlHasBlanks(position=blank)
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in SCHEMES:
        raise UrlSchemeUnknown
    address = rest[: next((at for at, char in enumerate(rest) if char in "/?#"), len(rest))]
    if "@" in rest[len(address) :] or address.count("@") > 1:
        raise UrlNeedsEscapes
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise UrlPortInvalid from exc
    if not parts.hostname:
        raise UrlWithoutHost
    if port == 0:
        raise UrlPortInvalid
    user, secrets = _login(parts)
    settings = RabbitSettings(
        host=check_host(_decoded("host", parts.hostname)),
        port=port or 0,
        vhost=_decoded("virtual host", parts.path[1:]) or "/",
        user=user,
        tls=SCHEMES[scheme.lower()],
    )
    return _with_options(settings, parts.query), secrets


def url_of(settings: RabbitSettings) -> str:
    """Write where *settings* lead, without any secret: ``amqp://user@host:5672/%2F``."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    user = f"{quote(settings.user, safe='')}@" if settings.user else ""
    return f"amqp{'s' if settings.tls else ''}://{user}{host}:{port_of(settings)}/{quote(settings.vhost, safe='')}"


def port_of(settings: RabbitSettings) -> int:
    """Answer the port that is connected to."""
    return settings.port or (5671 if settings.tls else 5672)


def _login(parts: SplitResult) -> tuple[str, dict[Secret, str]]:
    """Answer the user and the password; a URL that names nobody means the guest everybody knows."""
    if parts.username is None:
        return _DEFAULT_USER, {Secret.PASSWORD: _DEFAULT_USER}
    password = _decoded("password", parts.password or "")
    return _decoded("user", parts.username), {Secret.PASSWORD: password} if password else {}


def _decoded(part: str, text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise UrlNotUtf8(part=part) from None


def _with_options(settings: RabbitSettings, query: str) -> RabbitSettings:
    for name, value in parse_qsl(query, keep_blank_values=True):
        key = name.lower()
        if key in _OPTIONS:
            settings = _OPTIONS[key](settings, name, value)
        elif key not in _CLIENTS_OWN:
            raise UrlOptionUnknown(name=name[:40], known=", ".join(sorted(_OPTIONS)))
    return settings


def _heartbeat(settings: RabbitSettings, name: str, value: str) -> RabbitSettings:
    if not value.isascii() or not value.isdigit() or len(value) > 5 or int(value) > 65_535:
        raise UrlOptionInvalid(name=name, expected="0 to 65535 seconds")
    return replace(settings, heartbeat_s=int(value))


def _verify(settings: RabbitSettings, name: str, value: str) -> RabbitSettings:
    words = {"verify_peer": True, "verify_none": False, "cert_required": True, "cert_none": False}
    if value.lower() not in words:
        raise UrlOptionInvalid(name=name, expected="verify_peer or verify_none")
    return replace(settings, verify=words[value.lower()])


def _text(field: str) -> Callable[[RabbitSettings, str, str], RabbitSettings]:
    def put(settings: RabbitSettings, _name: str, value: str) -> RabbitSettings:
        changes: dict[str, Any] = {field: value}
        return replace(settings, **changes)

    return put


_OPTIONS: Final[dict[str, Callable[[RabbitSettings, str, str], RabbitSettings]]] = {
    "heartbeat": _heartbeat,
    "verify": _verify,
    "ssl_cert_reqs": _verify,
    "cacertfile": _text("ca_file"),
    "certfile": _text("cert_file"),
    "keyfile": _text("key_file"),
    "ssl_ca_certs": _text("ca_file"),
    "ssl_certfile": _text("cert_file"),
    "ssl_keyfile": _text("key_file"),
}
