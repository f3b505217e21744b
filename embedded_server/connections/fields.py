"""Checks of single fields that connections of several kinds have."""

import ipaddress
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from embedded_server.connections.problems import FieldInvalid, FileNotAbsolute, HostInvalid, KeyWithoutCertificate

MAX_BYTES: Final = 255
"""A short string of AMQP; Kafka's own limits are wider, and its users' names shorter."""
_HOST: Final = re.compile(r"[^\s/@,;:?#\[\]\\%]{1,253}")


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


def check_file(field: str, path: str) -> str:
    """Answer the whole path, or nothing. Raises `FileNotAbsolute`."""
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


def check_files(ca_file: str, cert_file: str, key_file: str) -> tuple[str, str, str]:
    """Answer the three files of TLS as whole paths. Raises `FileNotAbsolute` or `KeyWithoutCertificate`."""
    if key_file and not cert_file:
        raise KeyWithoutCertificate
    return (
        check_file("file of trusted certificates", ca_file),
        check_file("client certificate", cert_file),
        check_file("client key", key_file),
    )


def check_text(field: str, text: str) -> None:
    """Raise `FieldInvalid` for what is too long, or on several lines."""
    if len(text.encode(errors="replace")) > MAX_BYTES or (text and not text.isprintable()):
        raise FieldInvalid(field=field)


def split_web_address(url: str) -> tuple[str, str, str] | None:
    """Answer an API's address without its login, then user and password; None where it is no URL of the web."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good or not url.isprintable() or " " in url or len(url) > 2048:
        return None
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    return bare, unquote(parts.username or ""), unquote(parts.password or "")
