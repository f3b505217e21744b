"""Checks what the user typed for a stream, and resolves it to what is connected to."""

import re
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urlsplit

from embedded_server.contracts.streams import HUB_PREFIX, StreamKind, StreamSpec
from embedded_server.streams.masking import display_url
from embedded_server.streams.problems import (
    HubAccessMissing,
    StreamHeaderInvalid,
    StreamMethodInvalid,
    StreamNameInvalid,
    StreamUrlInvalid,
    SubprotocolInvalid,
)
from embedded_server.streams.topics import check_names

MAX_NAME_CHARS: Final = 80
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_SCHEMES: Final = {StreamKind.SSE: ("http", "https"), StreamKind.WEBSOCKET: ("ws", "wss")}
_EXAMPLES: Final = {StreamKind.SSE: "https://host/path or hub:tasks", StreamKind.WEBSOCKET: "wss://host/path or hub:tasks"}
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "last-event-id"})
_OURS_WEBSOCKET: Final = frozenset({"sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions"})


@dataclass(frozen=True, slots=True)
class HubAccess:
    """How a stream reaches this server's own hub: over loopback, with the session of whoever opens it. Never stored."""

    host: str
    port: int
    authorization: str
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What is connected to."""

    url: str
    subject: str
    """The URL as the journal shows it."""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    subprotocols: tuple[str, ...] = ()
    ours: bool = False
    """This server's own hub: no proxy stands before it."""

    @property
    def address(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def host(self) -> str:
        """The host alone."""
        return urlsplit(self.url).hostname or ""


def check_spec(spec: StreamSpec) -> StreamSpec:
    """Answer *spec* tidied where it can be connected to; raises a `UserFacingError` that names the field and the value."""
    name = spec.name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise StreamNameInvalid(name=name[:MAX_NAME_CHARS])
    url = spec.url.strip()
    check_url(url, spec.kind)
    method = spec.method.strip().upper() or "GET"
    if not _TOKEN.fullmatch(method) or method == "CONNECT" or (spec.kind is StreamKind.WEBSOCKET and (method != "GET" or spec.body)):
        raise StreamMethodInvalid(method=method[:40])
    headers = {name.strip(): value.strip() for name, value in spec.headers.items()}
    _check_headers(headers, spec.kind)
    for subprotocol in spec.subprotocols:
        if not _TOKEN.fullmatch(subprotocol) or spec.kind is StreamKind.SSE:
            raise SubprotocolInvalid(name=subprotocol[:80])
    return replace(spec, name=name, url=url, method=method, headers=headers)


def resolve(spec: StreamSpec, access: HubAccess | None) -> Target:
    """Answer what to connect to. Raises `HubAccessMissing` for a ``hub:`` URL without *access*."""
    if not spec.url.startswith(HUB_PREFIX):
        return Target(
            url=spec.url,
            subject=display_url(spec.url),
            method=spec.method,
            headers=dict(spec.headers),
            body=spec.body.encode(),
            subprotocols=tuple(spec.subprotocols),
        )
    if access is None:
        raise HubAccessMissing(url=spec.url)
    topics = "&".join(f"topic={quote(topic)}" for topic in sorted(hub_topics(spec.url)))
    host = f"[{access.host}]" if ":" in access.host else access.host
    scheme, path = ("http", "sse") if spec.kind is StreamKind.SSE else ("ws", "ws")
    return Target(
        url=f"{scheme}{'s' if access.secure else ''}://{host}:{access.port}/hub/{path}?{topics}",
        subject=spec.url,
        headers={**spec.headers, "Authorization": access.authorization},
        subprotocols=tuple(spec.subprotocols),
        ours=True,
    )


def hub_topics(url: str) -> frozenset[str]:
    """Answer the topics of ``hub:tasks,server``; raises for wrong names and for none."""
    return check_names([url.removeprefix(HUB_PREFIX)])


def check_url(url: str, kind: StreamKind) -> None:
    """Raise where this kind of stream cannot open *url*."""
    if url.startswith(HUB_PREFIX):
        hub_topics(url)
        return
    try:
        parts = urlsplit(url)
        good = parts.scheme.lower() in _SCHEMES[kind] and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or not url.isprintable() or " " in url:
        raise StreamUrlInvalid(url=url[:200], example=_EXAMPLES[kind])


def _check_headers(headers: dict[str, str], kind: StreamKind) -> None:
    reserved = _OURS | _OURS_WEBSOCKET if kind is StreamKind.WEBSOCKET else _OURS
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value) or name.lower() in reserved:
            raise StreamHeaderInvalid(name=name[:80])
