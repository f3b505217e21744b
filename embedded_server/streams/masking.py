"""Keeps secrets of streams where they belong: off the wire, out of the journal and its subjects."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from embedded_server.contracts.streams import MASK, StreamSpec
from embedded_server.streams.problems import SecretsNeeded

SHORT_MASK: Final = "***"
"""Stands for a secret in a subject, where it is only read."""

_SECRET_NAME: Final = re.compile(
    r"(^|[-_.])(auth|authorization|authentication|cookie|cookie2|token|key|apikey|secret|password|passwd|pwd|signature|sig|jwt|credential|session|sid)s?([-_.]|$)"
    r"|token$|apikey$|secret$|password$",
    re.IGNORECASE,
)
_NOT_SECRET: Final = frozenset({"sec-websocket-key", "sec-websocket-accept", "idempotency-key"})


def is_secret(name: str) -> bool:
    """Tell whether a header or query parameter of this name is likely to carry a secret."""
    return name.lower() not in _NOT_SECRET and _SECRET_NAME.search(name) is not None


def mask_headers(headers: Mapping[str, str], mask: str = MASK) -> dict[str, str]:
    """Answer *headers* with the values of secret ones replaced."""
    return {name: mask if is_secret(name) and value else value for name, value in headers.items()}


def display_url(url: str) -> str:
    """Write *url* for people: without user, password and fragment, secret parameters masked."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, _mask_query(parts.query, SHORT_MASK), ""))


def mask_spec(spec: StreamSpec) -> StreamSpec:
    """Answer *spec* as it goes over the wire."""
    return replace(spec, url=_mask_url(spec.url), headers=mask_headers(spec.headers))


def unmask_spec(spec: StreamSpec, stored: StreamSpec) -> StreamSpec:
    """Put back what `mask_spec` took out, where the client left it as it was.

    Raises `SecretsNeeded` where the URL now leads elsewhere: secrets never follow to another host unasked.
    """
    masked = MASK in spec.url or MASK in spec.headers.values()
    if not masked:
        return spec
    if _origin(spec.url) != _origin(stored.url):
        raise SecretsNeeded(name=spec.name)
    known = {name.lower(): value for name, value in stored.headers.items()}
    headers = {name: known.get(name.lower(), "") if value == MASK else value for name, value in spec.headers.items()}
    return replace(spec, url=_unmask_url(spec.url, stored.url), headers=headers)


def has_secrets(names: Iterable[str]) -> bool:
    """Tell whether any of these headers is likely to carry a secret."""
    return any(is_secret(name) for name in names)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def _mask_query(query: str, mask: str) -> str:
    """Replace secret values; everything else keeps the very spelling it had."""
    return "&".join(_mask_pair(pair, mask) for pair in query.split("&"))


def _mask_pair(pair: str, mask: str) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={mask}" if value and is_secret(unquote_plus(name)) else pair


def _mask_url(url: str) -> str:
    parts = urlsplit(url)
    user_info, at, host = parts.netloc.rpartition("@")
    user, colon, _ = user_info.partition(":")
    shown = f"{user}:{MASK}" if colon else MASK
    netloc = f"{shown}@{host}" if at else host
    return urlunsplit((parts.scheme, netloc, parts.path, _mask_query(parts.query, MASK), parts.fragment))


def _unmask_url(url: str, stored: str) -> str:
    if MASK not in url:
        return url
    parts, known = urlsplit(url), urlsplit(stored)
    user, colon, password = known.netloc.rpartition("@")[0].partition(":")
    netloc = parts.netloc.replace(MASK, password if colon else user)
    values = dict(pair.partition("=")[::2] for pair in known.query.split("&"))
    query = "&".join(_unmask_pair(pair, values) for pair in parts.query.split("&"))
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))


def _unmask_pair(pair: str, values: Mapping[str, str]) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={values.get(name, '')}" if value == MASK else pair
