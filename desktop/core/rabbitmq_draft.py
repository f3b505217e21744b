"""The publish form as typed, what keeps it from being sent, and the message it makes."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.generated_fields import FIELD, field_names, mask_fields
from desktop.core.i18n import N_
from desktop.core.json_check import JsonFault, check_json
from desktop.core.rabbitmq_typed import Entry, Path, entries_of, faults_of, headers_of, seconds_of
from desktop.core.repeat import Repeat, rate_of, repeat_faults, whole_number
from desktop.core.tasks_draft import parse_duration
from embedded_server.contracts.rabbitmq import BodyForm, BulkPublish, Message, Properties

EMPTY_TEXT: Final = '""'
"""How somebody asks for a property that is there and empty; nothing typed is a property that is not there."""
MAX_SHORT_BYTES: Final = 255
"""Names, keys and text properties are AMQP short strings."""
MAX_BODY_BYTES: Final = 128 * 1024**2
"""What RabbitMQ takes unless it is told otherwise."""


class BodyKind(StrEnum):
    """What the body's editor holds."""

    TEXT = "text"
    JSON = "json"
    BASE64 = "base64"
    FILE = "file"


CONTENT_TYPES: Final = {BodyKind.TEXT: "text/plain", BodyKind.JSON: "application/json"}


class Place(StrEnum):
    """The parts of the form, so that a fault stands at its own."""

    EXCHANGE = "exchange"
    ROUTING_KEY = "routing_key"
    BODY = "body"
    HEADERS = "headers"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields exactly as typed."""

    exchange: str = ""
    routing_key: str = ""
    kind: BodyKind = BodyKind.JSON
    text: str = ""
    file: str = ""
    """A path on this machine."""
    properties: dict[str, str] = field(default_factory=lambda: {"content_type": "application/json", "delivery_mode": "2"})
    """By the names of `Properties`."""
    headers: tuple[Entry, ...] = ()
    mandatory: bool = True
    fill: bool = True
    """Whether fields such as ``{{uuid}}`` are filled."""
    repeat: bool = False
    count: str = "1000"
    rate: str = ""
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: the message, or what keeps it from being one. A file or a large text is uploaded first."""

    message: Message | None
    faults: dict[str, Fault] = field(default_factory=dict)
    """By `Place`, or by the name of a property."""
    header_faults: dict[Path, Fault] = field(default_factory=dict)
    body_fault: JsonFault | None = None


def prepare(draft: Draft, vhost: str, *, check_body: bool = True) -> Prepared:
    """Check every field of *draft*; *check_body* is left out for a long text, which is checked off the window's loop."""
    faults: dict[str, Fault] = {}
    for place, text in ((Place.EXCHANGE, draft.exchange), (Place.ROUTING_KEY, draft.routing_key)):
        if (fault := check_short(text)) is not None:
            faults[place] = fault
    header_faults = faults_of(draft.headers)
    properties, wrong = read_properties(draft.properties)
    faults |= wrong
    body_fault = check_text(draft) if check_body else None
    if draft.kind is BodyKind.FILE and not draft.file:
        faults[Place.BODY] = Fault(N_("No file is chosen"), N_("Choose one, or write the body as text or JSON."))
    if draft.repeat:
        faults |= repeat_faults(repeat_of(draft))
    if faults or header_faults or body_fault:
        return Prepared(None, faults, header_faults, body_fault)
    message = Message(
        vhost=vhost,
        exchange=draft.exchange,
        routing_key=draft.routing_key,
        body="" if draft.kind is BodyKind.FILE else "".join(draft.text.split()) if draft.kind is BodyKind.BASE64 else draft.text,
        form=BodyForm.BASE64 if draft.kind is BodyKind.BASE64 else BodyForm.TEXT,
        properties=properties,
        headers=headers_of(draft.headers),
        mandatory=draft.mandatory,
    )
    return Prepared(message)


def repeat_of(draft: Draft) -> Repeat:
    """Answer how often *draft* is sent."""
    return Repeat(draft.repeat, draft.count, draft.rate, draft.seed)


def bulk_of(draft: Draft, message: Message, *, fills: bool) -> BulkPublish:
    """Answer the request that publishes *message* as often as a checked *draft* says."""
    return BulkPublish(
        message,
        count=whole_number(draft.count) or 1,
        rate=rate_of(draft.rate) or 0.0,
        generate=fills,
        seed=int(draft.seed) if draft.seed.strip() else None,
    )


def draft_of(message: Message, kept: Draft | None = None) -> Draft:
    """Write a message into the form; how often it is sent stays as in *kept*. A body the server holds cannot be shown."""
    base = kept or Draft()
    kind, text = _body_of(message)
    values = {each.name: getattr(message.properties, each.name) for each in fields(Properties)}
    return replace(
        base,
        exchange=message.exchange,
        routing_key=message.routing_key,
        kind=kind,
        text=text,
        file="",
        properties={name: _property_text(value) for name, value in values.items() if value is not None},
        headers=entries_of(message.headers),
        mandatory=message.mandatory,
    )


def with_kind(draft: Draft, kind: BodyKind) -> Draft:
    """Take another kind of body; its content type follows where it is still the other kind's own."""
    properties = dict(draft.properties)
    if properties.get("content_type", "") == CONTENT_TYPES.get(draft.kind, ""):
        properties["content_type"] = CONTENT_TYPES.get(kind, "")
    return replace(draft, kind=kind, properties=properties)


def check_short(text: str) -> Fault | None:
    """Answer what is wrong with a name or a key, or None."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SHORT_BYTES:
        return Fault(N_("This is longer than 255 bytes"), N_("Shorten it: AMQP has no room for more."))
    return None


def check_text(draft: Draft) -> JsonFault | None:
    """Answer what is wrong with the body's text; may take a while for megabytes."""
    if draft.kind is BodyKind.JSON and draft.text.strip():
        return check_json(mask_fields(draft.text) if draft.fill else draft.text).fault
    if draft.kind is BodyKind.BASE64:
        try:
            base64.b64decode("".join(draft.text.split()), validate=True)
        except (binascii.Error, ValueError):
            return JsonFault(0, 1, 1, N_("This is not Base64"), N_("Write Base64 such as aGVsbG8=, or choose Text."))
    return None


def fields_in(draft: Draft) -> list[str]:
    """Answer the fields that stand in the texts of *draft*, as written, in their order of appearance."""
    texts = [draft.routing_key, *draft.properties.values(), *_header_texts(draft.headers)]
    if draft.kind in {BodyKind.TEXT, BodyKind.JSON}:
        texts.insert(0, draft.text)
    return list(dict.fromkeys(name for text in texts for name in field_names(text)))


def read_properties(typed: dict[str, str]) -> tuple[Properties, dict[str, Fault]]:
    """Answer the properties that were typed, and what is wrong with those that cannot be sent, by name."""
    values: dict[str, str | int | None] = {}
    faults: dict[str, Fault] = {}
    for name, text in typed.items():
        if not text:
            continue
        if name in _NUMBERS:
            values[name], fault = _NUMBERS[name](text)
        elif name == "expiration":
            values[name], fault = _expiration(text)
        else:
            values[name] = "" if text == EMPTY_TEXT else text
            fault = check_short(text)
        if fault is not None:
            faults[name] = fault
    return (Properties() if faults else Properties(**values)), faults  # type: ignore[arg-type]  # each reader answers its field's type


def _priority(text: str) -> tuple[int | None, Fault | None]:
    value = whole_number(text)
    if value is None or value > 255:
        return None, Fault(N_("This is no priority"), N_("Write a number from 0 to 255."))
    return value, None


def _delivery_mode(text: str) -> tuple[int | None, Fault | None]:
    value = whole_number(text)
    if value is None or value > 255:
        return None, Fault(N_("This is no delivery mode"), N_("Write 1 for transient or 2 for persistent."))
    return value, None


def _timestamp(text: str) -> tuple[int | None, Fault | None]:
    value = seconds_of(text)
    fault = Fault(N_("This is no time"), N_("Write now, seconds since 1970, or such as 2026-11-24 14:30+08:00."))
    return value, (fault if value is None else None)


def _expiration(text: str) -> tuple[str | None, Fault | None]:
    """Read milliseconds, or a length of time with its unit."""
    stripped = text.strip()
    if FIELD.search(text):
        return text, None
    if stripped.isascii() and stripped.isdigit():
        return stripped, None
    seconds = parse_duration(stripped)
    if seconds is None:
        return None, Fault(N_("This is no length of time"), N_("Write milliseconds, or such as 500ms, 30s or 2h."))
    return str(round(seconds * 1000)), None


_NUMBERS: Final = {"priority": _priority, "delivery_mode": _delivery_mode, "timestamp": _timestamp}


def _property_text(value: str | int) -> str:
    return EMPTY_TEXT if value == "" else str(value)


def _body_of(message: Message) -> tuple[BodyKind, str]:
    if message.form is BodyForm.UPLOAD:
        return BodyKind.TEXT, ""
    if message.form is BodyForm.BASE64:
        try:
            text = base64.b64decode(message.body).decode()
        except (binascii.Error, ValueError):
            return BodyKind.BASE64, message.body
        if "\0" in text:
            return BodyKind.BASE64, message.body
    else:
        text = message.body
    return (BodyKind.JSON if _is_json(message, text) else BodyKind.TEXT), text


def _is_json(message: Message, text: str) -> bool:
    content_type = message.properties.content_type
    if content_type:
        return "json" in content_type.lower()
    return text.lstrip()[:1] in {"{", "["}


def _header_texts(entries: Sequence[Entry]) -> list[str]:
    texts = [entry.text for entry in entries if entry.text]
    for entry in entries:
        texts += _header_texts(entry.children)
    return texts
