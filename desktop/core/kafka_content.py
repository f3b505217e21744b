"""A key or a value as somebody writes it for a record: what it becomes on the wire, and what is wrong with it."""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.generated_fields import FIELD, LOOKED_AT_CHARS, field_names, mask_fields
from desktop.core.i18n import N_
from desktop.core.json_check import JsonFault, check_json
from embedded_server.contracts.kafka import Content, ContentForm

INT64: Final = 2**63


class Kind(StrEnum):
    """What a key's or a value's editor holds."""

    NULL = "null"
    TEXT = "text"
    JSON = "json"
    NUMBER = "number"
    BASE64 = "base64"
    FILE = "file"
    MSGPACK = "msgpack"
    AVRO = "avro"
    JSON_SCHEMA = "json-schema"
    PROTOBUF = "protobuf"
    KEPT = "kept"
    """Bytes that the server keeps under an id: too many to be shown here, sent as they are."""


WITH_SCHEMA: Final = frozenset({Kind.AVRO, Kind.JSON_SCHEMA, Kind.PROTOBUF})
AS_JSON: Final = WITH_SCHEMA | {Kind.JSON, Kind.MSGPACK}
"""Written as JSON, so that it is checked as that while it is typed."""
FILLED: Final = AS_JSON | {Kind.TEXT}
"""In these a ``{{field}}`` is filled."""
_FORMS: Final = {
    Kind.TEXT: ContentForm.TEXT,
    Kind.JSON: ContentForm.TEXT,
    Kind.NUMBER: ContentForm.INTEGER,
    Kind.BASE64: ContentForm.BASE64,
    Kind.MSGPACK: ContentForm.MSGPACK,
    Kind.AVRO: ContentForm.AVRO,
    Kind.JSON_SCHEMA: ContentForm.JSON_SCHEMA,
    Kind.PROTOBUF: ContentForm.PROTOBUF,
    Kind.KEPT: ContentForm.UPLOAD,
}
_KINDS: Final = {form: kind for kind, form in _FORMS.items() if kind is not Kind.JSON}


@dataclass(frozen=True, slots=True)
class ContentDraft:
    """One side of a record exactly as typed. Each kind keeps its own: text and file stay when another is looked at."""

    kind: Kind = Kind.TEXT
    text: str = ""
    file: str = ""
    """A path on this machine."""
    kept: str = ""
    """The id of bytes that the server keeps."""
    subject: str = ""
    """Of the Schema Registry; where it is empty *schema* says which of one's own."""
    schema: str = ""
    message: str = ""


def content_of(draft: ContentDraft) -> Content | None:
    """Answer what a checked draft becomes; None is null. A file is uploaded first."""
    if draft.kind is Kind.NULL:
        return None
    if draft.kind is Kind.FILE:
        return Content("", ContentForm.UPLOAD)
    text = draft.kept if draft.kind is Kind.KEPT else draft.text
    if draft.kind is Kind.BASE64:
        text = "".join(text.split())
    elif draft.kind is Kind.NUMBER:
        text = str(_number(text) or 0) if not FIELD.search(text) else text.strip()
    if draft.kind not in WITH_SCHEMA:
        return Content(text, _FORMS[draft.kind])
    return Content(text, _FORMS[draft.kind], draft.subject, "" if draft.subject else draft.schema, draft.message)


def draft_of_content(content: Content | None) -> ContentDraft:
    """Write one side of a record into the form: text that is a JSON object or array as JSON."""
    if content is None:
        return ContentDraft(Kind.NULL)
    kind: Kind = _KINDS[content.form]
    if kind is Kind.KEPT:
        return ContentDraft(kind, kept=content.text)
    text = content.text
    if kind is Kind.TEXT and text.lstrip()[:1] in {"{", "["} and len(text) <= LOOKED_AT_CHARS and check_json(text).ok:
        kind = Kind.JSON
    return ContentDraft(kind, text, subject=content.subject, schema=content.schema, message=content.message)


def check_content(draft: ContentDraft, *, fill: bool) -> JsonFault | None:
    """Answer what is wrong with the text, at its place; may take a while for megabytes."""
    text = draft.text
    if draft.kind in AS_JSON:
        if not text.strip():
            return JsonFault(0, 1, 1, N_("Nothing is written here"), N_("Write JSON, or choose null for no value at all."))
        return check_json(mask_fields(text) if fill else text).fault
    if draft.kind is Kind.BASE64:
        try:
            base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return JsonFault(0, 1, 1, N_("This is not Base64"), N_("Write Base64 such as aGVsbG8=, or choose Text."))
    if draft.kind is Kind.NUMBER and not (fill and FIELD.fullmatch(text.strip())) and _number(text) is None:
        return JsonFault(0, 1, 1, N_("This is no number of 64 bits"), N_("Write a whole number; it goes out as 8 bytes, big-endian."))
    return None


def content_fault(draft: ContentDraft) -> Fault | None:
    """Answer what is missing beside the text, or None."""
    if draft.kind is Kind.FILE and not draft.file:
        return Fault(N_("No file is chosen"), N_("Choose one, or write the content as text or JSON."))
    if draft.kind in WITH_SCHEMA and not (draft.subject or draft.schema):
        return Fault(N_("No schema is chosen"), N_("Choose a subject of the Schema Registry, or a schema of your own."))
    return None


def fields_of(draft: ContentDraft) -> list[str]:
    """Answer the fields that stand in it, as written."""
    return field_names(draft.text) if draft.kind in FILLED or draft.kind is Kind.NUMBER else []


def _number(text: str) -> int | None:
    digits = text.strip().replace(",", "").replace("_", "")
    bare = digits[1:] if digits[:1] in {"+", "-"} else digits
    if not bare.isascii() or not bare.isdigit() or len(bare) > 19:
        return None
    value = int(digits)
    return value if -INT64 <= value < INT64 else None
