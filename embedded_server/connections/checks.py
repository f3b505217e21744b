"""Checks what the user typed for a connection, field by field, and tidies it."""

import ipaddress
import re
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from embedded_server.connections.problems import (
    ConnectionKindInvalid,
    ConnectionNameInvalid,
    FieldInvalid,
    FileNotAbsolute,
    HeartbeatInvalid,
    HostInvalid,
    KeyWithoutCertificate,
    ManagementUrlInvalid,
    PortInvalid,
)
from embedded_server.contracts.connections import EMBEDDED_ID, ConnectionKind, RabbitSettings, SaveConnection, Secret

MAX_NAME_CHARS: Final = 80
MAX_BYTES: Final = 255
"""A short string of AMQP."""
_HOST: Final = re.compile(r"[^\s/@,;:?#\[\]\\%]{1,253}")


def check(save: SaveConnection) -> SaveConnection:
    """Answer *save* tidied; raises a `UserFacingError` that names the field. A password inside the management URL becomes a secret."""
    spec = save.spec
    name = spec.name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or name.casefold() == EMBEDDED_ID:
        raise ConnectionNameInvalid(name=name[:MAX_NAME_CHARS])
    if spec.kind is not ConnectionKind.RABBITMQ or spec.rabbitmq is None:
        raise ConnectionKindInvalid(kind=spec.kind.value)
    settings, secrets = _management(_settings(spec.rabbitmq), dict(save.secrets))
    for secret, text in secrets.items():
        if "\0" in text or len(text) > 4096:
            raise FieldInvalid(field=secret.value.replace("_", " "))
    return SaveConnection(replace(spec, name=name, rabbitmq=settings), secrets)


def _settings(settings: RabbitSettings) -> RabbitSettings:
    host = check_host(settings.host)
    if not 0 <= settings.port <= 65_535:
        raise PortInvalid(port=settings.port)
    if not 0 <= settings.heartbeat_s <= 65_535:
        raise HeartbeatInvalid(seconds=settings.heartbeat_s)
    for field, text in (("virtual host", settings.vhost), ("user", settings.user), ("management user", settings.management_user)):
        if len(text.encode(errors="replace")) > MAX_BYTES or (text and not text.isprintable()):
            raise FieldInvalid(field=field)
    if settings.key_file and not settings.cert_file:
        raise KeyWithoutCertificate
    return replace(
        settings,
        host=host,
        vhost=settings.vhost or "/",
        ca_file=_file("file of trusted certificates", settings.ca_file),
        cert_file=_file("client certificate", settings.cert_file),
        key_file=_file("client key", settings.key_file),
    )


def check_host(host: str) -> str:
    """Answer the host without blanks and brackets; raises `HostInvalid`."""
    host = host.strip()
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in bare:
        try:
            ipaddress.IPv6Address(bare)
        except ValueError:
            raise HostInvalid(host=host[:MAX_BYTES]) from None
        return bare
    if bare != host or not _HOST.fullmatch(host) or not host.isprintable():
        raise HostInvalid(host=host[:MAX_BYTES])
    return host


def _file(field: str, path: str) -> str:
    path = path.strip()
    if not path:
        return ""
    try:
        whole = Path(path).expanduser() if path.startswith("~") else Path(path)
    except (RuntimeError, ValueError):  # nobody of that name has a home here, or nobody could be named so
        raise FileNotAbsolute(field=field, path=path[:200]) from None
    if not whole.is_absolute() or not path.isprintable():
        raise FileNotAbsolute(field=field, path=path[:200])
    return str(whole)


def _management(settings: RabbitSettings, secrets: dict[Secret, str]) -> tuple[RabbitSettings, dict[Secret, str]]:
    url = settings.management_url.strip()
    if not url:
        return replace(settings, management_url=""), secrets
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good or not url.isprintable() or " " in url or len(url) > 2048:
        raise ManagementUrlInvalid
    user = unquote(parts.username or "") or settings.management_user
    if parts.password:
        secrets = {Secret.MANAGEMENT_PASSWORD: unquote(parts.password), **secrets}
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/').removesuffix('/api')}"
    return replace(settings, management_url=bare, management_user=user), secrets
