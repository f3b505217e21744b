"""The stream form as typed, what keeps it from being saved, and the stream it makes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from desktop.core.i18n import N_
from embedded_server.contracts.streams import HUB_PREFIX, StreamKind, StreamSpec

_SCHEMES: Final = {StreamKind.SSE: ("http", "https"), StreamKind.WEBSOCKET: ("ws", "wss")}
_OTHER: Final = {"http": "ws", "https": "wss", "ws": "http", "wss": "https"}


class Entry(StrEnum):
    """The fields of the form, so that a fault stands at its own."""

    NAME = "name"
    URL = "url"
    HEADERS = "headers"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields exactly as typed."""

    name: str = ""
    kind: StreamKind = StreamKind.SSE
    url: str = ""
    method: str = "GET"
    headers: str = ""
    """One ``Name: value`` a line."""
    body: str = ""
    subprotocols: str = ""
    """Separated by commas or blanks."""
    reconnect: bool = True


@dataclass(frozen=True, slots=True)
class EntryFault:
    """Why a draft cannot be saved yet; title and hint are marked for translation."""

    entry: Entry
    title: str
    hint: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: the stream, or what keeps it from being one."""

    spec: StreamSpec | None
    faults: tuple[EntryFault, ...] = ()


def draft_of(spec: StreamSpec) -> Draft:
    """Write a stream into the form."""
    return Draft(
        name=spec.name,
        kind=spec.kind,
        url=spec.url,
        method=spec.method,
        headers="\n".join(f"{name}: {value}" for name, value in spec.headers.items()),
        body=spec.body,
        subprotocols=", ".join(spec.subprotocols),
        reconnect=spec.reconnect,
    )


def prepare(draft: Draft) -> Prepared:
    """Check what can be checked here; the server checks the rest."""
    url = draft.url.strip()
    headers, wrong_line = _headers(draft.headers)
    faults: list[EntryFault] = []
    if not url:
        faults.append(EntryFault(Entry.URL, N_("No URL is given"), N_("Type one, or hub:tasks for this server's own events.")))
    elif not _fits(url, draft.kind):
        faults.append(EntryFault(Entry.URL, N_("This URL is not one that this kind of stream can open"), _url_hint(draft.kind)))
    if wrong_line:
        title = N_("Line {line} of the headers has no name")
        faults.append(EntryFault(Entry.HEADERS, title, N_("Write one header a line, as Name: value."), (("line", str(wrong_line)),)))
    if faults:
        return Prepared(None, tuple(faults))
    websocket = draft.kind is StreamKind.WEBSOCKET
    spec = StreamSpec(
        name=draft.name.strip() or name_for(url),
        kind=draft.kind,
        url=url,
        method="GET" if websocket else draft.method,
        headers=headers,
        body="" if websocket else draft.body,
        subprotocols=draft.subprotocols.replace(",", " ").split() if websocket else [],
        reconnect=draft.reconnect,
    )
    return Prepared(spec)


def url_for_kind(url: str, kind: StreamKind) -> str:
    """Turn ``http`` into ``ws`` and back where only the kind was changed."""
    scheme, mark, rest = url.partition("://")
    if mark and scheme.lower() in _OTHER and scheme.lower() not in _SCHEMES[kind]:
        return f"{_OTHER[scheme.lower()]}://{rest}"
    return url


def name_for(url: str) -> str:
    """Name a stream after its URL."""
    if url.startswith(HUB_PREFIX):
        return url.removeprefix(HUB_PREFIX)[:80]
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return url[:80]
    return f"{host}{parts.path.rstrip('/')}"[:80] or url[:80]


def _fits(url: str, kind: StreamKind) -> bool:
    if url.startswith(HUB_PREFIX):
        return len(url) > len(HUB_PREFIX)
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in _SCHEMES[kind] and bool(parts.hostname) and parts.port != 0 and not any(c.isspace() for c in url)
    except ValueError:
        return False


def _url_hint(kind: StreamKind) -> str:
    if kind is StreamKind.SSE:
        return N_("It begins with http:// or https://, or is hub:tasks.")
    return N_("It begins with ws:// or wss://, or is hub:tasks.")


def _headers(text: str) -> tuple[dict[str, str], int]:
    """Answer the headers and 0, or the number of the first line that is none."""
    headers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            return {}, number
        headers[name.strip()] = value.strip()
    return headers, 0
