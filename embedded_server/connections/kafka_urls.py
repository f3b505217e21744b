"""A Kafka as one line: ``kafka://host:9092,other:9092`` and ``kafka+ssl://user:password@host:9093?mechanism=SCRAM-SHA-512``."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from embedded_server.connections.bootstrap import check_bootstrap
from embedded_server.connections.fields import split_web_address
from embedded_server.connections.problems import (
    RegistryUrlInvalid,
    UrlHasBlanks,
    UrlNeedsEscapes,
    UrlNotUtf8,
    UrlOptionInvalid,
    UrlOptionUnknown,
    UrlWithoutHost,
)
from embedded_server.contracts.connections import KafkaSettings, SaslMechanism, Secret

SCHEMES: Final = {"kafka": False, "kafka+ssl": True, "kafka+tls": True, "kafkas": True}
"""Each with whether it is TLS."""
MECHANISMS: Final = ", ".join(one.value for one in SaslMechanism if one is not SaslMechanism.NONE)

Parsed = tuple[KafkaSettings, dict[Secret, str]]


def parse(url: str) -> Parsed:
    """Take *url* apart into settings and secrets. Raises a `UserFacingError` that names the part, and never repeats the URL."""
    url = url.strip()
    blank = next((at for at, char in enumerate(url, start=1) if char.isspace() or not char.isprintable()), 0)
    if blank:
        raise UrlHasBlanks(position=blank)
    scheme, _, rest = url.partition("://")
    head, _, query = rest.partition("?")
    login, at, hosts = head.rpartition("@")
    hosts = hosts.rstrip("/")
    if "@" in login or "/" in hosts or "#" in head or "/" in login or ("@" in query and not at):
        raise UrlNeedsEscapes
    if not hosts:
        raise UrlWithoutHost
    user, _, password = login.partition(":")
    settings = KafkaSettings(check_bootstrap(hosts), tls=SCHEMES[scheme.lower()], user=_decoded("user", user))
    secrets = {Secret.PASSWORD: _decoded("password", password)} if password else {}
    if settings.user:
        settings = replace(settings, mechanism=SaslMechanism.PLAIN)
    return _with_options(settings, secrets, query)


def url_of(settings: KafkaSettings) -> str:
    """Write where *settings* lead, without any secret: ``kafka+ssl://user@host:9093?mechanism=SCRAM-SHA-512``."""
    user = f"{quote(settings.user, safe='')}@" if settings.user else ""
    usual = settings.mechanism in {SaslMechanism.NONE, SaslMechanism.PLAIN}
    mechanism = "" if usual else f"?mechanism={settings.mechanism.value}"
    return f"kafka{'+ssl' if settings.tls else ''}://{user}{settings.bootstrap}{mechanism}"


def mechanism_of(name: str) -> SaslMechanism | None:
    """Answer the mechanism of this name, in upper or lower case; None where there is none."""
    return next((one for one in SaslMechanism if one.value == name.strip().upper()), None)


def _decoded(part: str, text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise UrlNotUtf8(part=part) from None


def _with_options(settings: KafkaSettings, secrets: dict[Secret, str], query: str) -> Parsed:
    found = settings, secrets
    for name, value in parse_qsl(query, keep_blank_values=True):
        key = name.lower()
        if key not in _OPTIONS:
            raise UrlOptionUnknown(name=name[:40], known=", ".join(sorted(_OPTIONS)))
        found = _OPTIONS[key](found, name, value)
    return found


def _mechanism(found: Parsed, name: str, value: str) -> Parsed:
    mechanism = mechanism_of(value)
    if mechanism is None:
        raise UrlOptionInvalid(name=name, expected=MECHANISMS)
    return replace(found[0], mechanism=mechanism), found[1]


def _verify(found: Parsed, name: str, value: str) -> Parsed:
    words = {"true": True, "false": False, "verify_peer": True, "verify_none": False}
    if value.lower() not in words:
        raise UrlOptionInvalid(name=name, expected="true or false")
    return replace(found[0], verify=words[value.lower()]), found[1]


def _registry(found: Parsed, _name: str, value: str) -> Parsed:
    address = split_web_address(value)
    if address is None:
        raise RegistryUrlInvalid
    url, user, password = address
    secrets = {**found[1], Secret.REGISTRY_PASSWORD: password} if password else found[1]
    return replace(found[0], registry_url=url, registry_user=user), secrets


def _text(field: str) -> Callable[[Parsed, str, str], Parsed]:
    def put(found: Parsed, _name: str, value: str) -> Parsed:
        changes: dict[str, Any] = {field: value}
        return replace(found[0], **changes), found[1]

    return put


_OPTIONS: Final[dict[str, Callable[[Parsed, str, str], Parsed]]] = {
    "mechanism": _mechanism,
    "registry": _registry,
    "verify": _verify,
    "cafile": _text("ca_file"),
    "certfile": _text("cert_file"),
    "keyfile": _text("key_file"),
}
