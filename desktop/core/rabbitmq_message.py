"""A message as the journal keeps it, read back: where it went, its properties and typed headers, and how to publish it again."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from desktop.core.i18n import N_, tr
from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Message, Properties

MAX_ROWS: Final = 300
"""A headers table with more is shown up to here."""
MAX_TEXT: Final = 2_000
_NAMES: Final = tuple(one.name for one in fields(Properties))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a message's event says of it beside its body."""

    exchange: str = ""
    routing_key: str = ""
    queue: str = ""
    redelivered: bool = False
    reply: str = ""
    """RabbitMQ's words where it was returned: ``312 NO_ROUTE``."""
    properties: Properties = field(default_factory=Properties)
    headers: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """The types of those headers, by dotted path, that JSON does not show."""

    def typed_headers(self) -> list[Header]:
        """Answer the headers with their types."""
        return typed(self.headers, self.types)


def seen_of(headers: Mapping[str, Any]) -> Seen:
    """Read an event's headers; what is missing or makes no sense counts as not there."""
    plain, types = headers.get("headers"), headers.get("types")
    properties = headers.get("properties")
    known = properties if isinstance(properties, dict) else {}
    reply = f"{headers.get('reply_code') or ''} {headers.get('reply_text') or ''}".strip()
    return Seen(
        exchange=str(headers.get("exchange") or ""),
        routing_key=str(headers.get("routing_key") or ""),
        queue=str(headers.get("queue") or ""),
        redelivered=headers.get("redelivered") is True,
        reply=reply,
        properties=Properties(**{name: known[name] for name in _NAMES if known.get(name) is not None}),
        headers=plain if isinstance(plain, dict) else {},
        types={str(path): str(word) for path, word in types.items()} if isinstance(types, dict) else {},
    )


# -- types


def typed(table: Mapping[str, Any], types: Mapping[str, str]) -> list[Header]:
    """Answer plain JSON as typed headers; *types* names by dotted path what JSON does not show."""
    return [_header(str(name), str(name), value, types) for name, value in table.items()]


def plain_headers(table: Mapping[str, Any]) -> list[Header]:
    """Answer arguments, whose types JSON shows, as typed headers."""
    return typed(table, {})


def _header(name: str, path: str, value: Any, types: Mapping[str, str]) -> Header:
    word = types.get(path)
    if word is not None and word in _VALUES:
        return Header(name, FieldType(word), value)
    match value:
        case bool():
            return Header(name, FieldType.BOOLEAN, value)
        case int():
            return Header(name, FieldType.INTEGER, value)
        case float():
            return Header(name, FieldType.FLOAT, value)
        case dict():
            return Header(
                name, FieldType.TABLE, [_as_object(_header(str(key), f"{path}.{key}", inner, types)) for key, inner in value.items()]
            )
        case list():
            return Header(
                name, FieldType.ARRAY, [_as_object(_header("", f"{path}.{number}", inner, types)) for number, inner in enumerate(value)]
            )
        case None:
            return Header(name, FieldType.NULL)
    return Header(name, FieldType.STRING, str(value))


_VALUES: Final = frozenset(type_.value for type_ in FieldType)


def _as_object(header: Header) -> dict[str, Any]:
    return {"name": header.name, "type": header.type.value, "value": header.value}


# -- rows


class Row(NamedTuple):
    """A line of a table of typed values."""

    name: str
    text: str
    type: str
    """A word; empty where it goes without saying."""
    depth: int = 0
    raw: str = ""
    """As it is on the wire, where that is written otherwise."""

    @property
    def whole(self) -> str:
        """All of it: for tool tips and copies."""
        return f"{self.raw}\n{self.text}" if self.raw else self.text


TYPE_WORDS: Final = {
    FieldType.STRING: N_("string"),
    FieldType.INTEGER: N_("integer"),
    FieldType.FLOAT: N_("float"),
    FieldType.DECIMAL: N_("decimal"),
    FieldType.BOOLEAN: N_("boolean"),
    FieldType.TIMESTAMP: N_("timestamp"),
    FieldType.BYTES: N_("bytes"),
    FieldType.TABLE: N_("table"),
    FieldType.ARRAY: N_("array"),
    FieldType.NULL: N_("null"),
}
"""What the types of header values are called."""


def header_rows(headers: list[Header]) -> list[Row]:
    """Answer headers as lines, what is in tables and arrays below them; cut at `MAX_ROWS`, with a line that says so."""
    rows: list[Row] = []
    for row in _rows(headers, 0):
        if len(rows) == MAX_ROWS:
            rows.append(Row("…", tr("There are more: the whole is in the copy as JSON"), ""))
            break
        rows.append(row)
    return rows


def _rows(headers: Sequence[Header | dict[str, Any]], depth: int) -> Iterator[Row]:
    for number, given in enumerate(headers):
        one = given if isinstance(given, Header) else Header(given["name"], FieldType(given["type"]), given["value"])
        name = one.name or f"[{number}]"
        nested = one.value if one.type in {FieldType.TABLE, FieldType.ARRAY} and isinstance(one.value, list) else None
        text = _text(one) if nested is None else "" if nested else tr("empty")
        moment = _moment(one.value) if one.type is FieldType.TIMESTAMP else ""
        yield Row(name, moment or text, tr(TYPE_WORDS[one.type]), depth, text if moment else "")
        if nested:
            yield from _rows(nested, depth + 1)


def _text(header: Header) -> str:
    if header.type is FieldType.NULL:
        return ""
    if isinstance(header.value, bool):
        return "true" if header.value else "false"
    return str(header.value)[:MAX_TEXT]


def property_rows(properties: Properties) -> list[Row]:
    """Answer the properties that are set, by their names on the wire."""
    rows = []
    for name in _NAMES:
        value = getattr(properties, name)
        if value is None:
            continue
        text, moment = str(value)[:MAX_TEXT], _moment(value) if name == "timestamp" else ""
        rows.append(Row(name.replace("_", "-"), moment or text, _remark(name, value), raw=text if moment else ""))
    return rows


def _remark(name: str, value: Any) -> str:
    if name == "delivery_mode":
        return {1: tr("transient"), 2: tr("persistent")}.get(value, "")
    if name == "expiration" and str(value).isdecimal():
        return "ms"
    return ""


def _moment(seconds: Any) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


# -- publishing again


def message_of(seen: Seen, body: bytes, vhost: str) -> Message:
    """Answer the message as it can be published again: byte for byte the same body, the same properties and typed headers."""
    try:
        text, form = body.decode(), BodyForm.TEXT
    except UnicodeDecodeError:
        text, form = base64.b64encode(body).decode(), BodyForm.BASE64
    return Message(vhost, seen.exchange, seen.routing_key, text, form, seen.properties, seen.typed_headers())
