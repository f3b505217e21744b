"""The produce form as typed, what keeps it from being sent, and the record it makes."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.generated_fields import field_names
from desktop.core.i18n import N_
from desktop.core.json_check import JsonFault
from desktop.core.kafka_content import (
    ContentDraft,
    Kind,
    check_content,
    content_fault,
    content_of,
    draft_of_content,
    fields_of,
)
from desktop.core.kafka_names import MAX_PARTITION, check_topic
from desktop.core.kafka_values import millis_of, millis_text, offset_of
from desktop.core.repeat import Repeat, rate_of, repeat_faults, whole_number
from embedded_server.contracts.kafka import BulkProduce, Compression, Record, RecordHeader, Side

MAX_VALUE_BYTES: Final = 128 * 1024**2
"""What the server takes as one upload; a topic mostly takes far less."""


class Place(StrEnum):
    """The parts of the form, so that a fault stands at its own."""

    TOPIC = "topic"
    PARTITION = "partition"
    KEY = "key"
    VALUE = "value"
    HEADERS = "headers"
    TIMESTAMP = "timestamp"


class HeaderKind(StrEnum):
    """What a header's value is written as."""

    TEXT = "text"
    BASE64 = "base64"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class HeaderDraft:
    """One header exactly as typed."""

    name: str = ""
    text: str = ""
    kind: HeaderKind = HeaderKind.TEXT

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed: such a row is not sent."""
        return not self.name and not self.text and self.kind is HeaderKind.TEXT


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields exactly as typed."""

    topic: str = ""
    partition: str = ""
    """Empty is Auto."""
    key: ContentDraft = field(default_factory=lambda: ContentDraft(Kind.NULL))
    value: ContentDraft = field(default_factory=lambda: ContentDraft(Kind.JSON))
    headers: tuple[HeaderDraft, ...] = ()
    timestamp: str = ""
    """Empty is now."""
    compression: Compression = Compression.NONE
    fill: bool = True
    """Whether fields such as ``{{uuid}}`` are filled."""
    repeat: Repeat = field(default_factory=Repeat)

    def side(self, side: Side) -> ContentDraft:
        """Answer the key or the value."""
        return self.key if side is Side.KEY else self.value


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: the record, or what keeps it from being one. A file or a large text is uploaded first."""

    record: Record | None
    faults: dict[str, Fault] = field(default_factory=dict)
    """By `Place`, or by the place of a repetition."""
    text_faults: dict[Side, JsonFault] = field(default_factory=dict)
    header_faults: dict[int, Fault] = field(default_factory=dict)
    """By the header's number."""


def prepare(draft: Draft, *, unchecked: frozenset[Side] = frozenset()) -> Prepared:
    """Check every field; of the *unchecked* sides the text is not looked at: it is long, and checked off the window's loop."""
    faults = _address_faults(draft) | repeat_faults(draft.repeat)
    for place, content in ((Place.KEY, draft.key), (Place.VALUE, draft.value)):
        if (fault := content_fault(content)) is not None:
            faults[place] = fault
    looked_at = [side for side in Side if side not in unchecked]
    found = {side: check_content(draft.side(side), fill=draft.fill) for side in looked_at}
    text_faults = {side: fault for side, fault in found.items() if fault is not None}
    header_faults = faults_of_headers(draft.headers)
    if faults or text_faults or header_faults:
        return Prepared(None, faults, text_faults, header_faults)
    return Prepared(
        Record(
            draft.topic.strip(),
            offset_of(draft.partition) if draft.partition.strip() else None,
            content_of(draft.key),
            content_of(draft.value),
            headers_of(draft.headers),
            millis_of(draft.timestamp) if draft.timestamp.strip() else None,
            draft.compression,
        )
    )


def _address_faults(draft: Draft) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if (fault := check_topic(draft.topic.strip())) is not None:
        faults[Place.TOPIC] = fault
    if draft.partition.strip():
        partition = offset_of(draft.partition)
        if partition is None or partition > MAX_PARTITION:
            faults[Place.PARTITION] = Fault(N_("This is no partition"), N_("Write its number, from 0, or nothing for Auto."))
    if draft.timestamp.strip() and millis_of(draft.timestamp) is None:
        hint = N_("Write such as 2026-11-24 14:30, -15m or milliseconds since 1970, or nothing for now.")
        faults[Place.TIMESTAMP] = Fault(N_("This is no time"), hint)
    return faults


def faults_of_headers(headers: Sequence[HeaderDraft]) -> dict[int, Fault]:
    """Answer what is wrong with headers, by their number."""
    faults: dict[int, Fault] = {}
    for number, header in enumerate(headers):
        if header.kind is HeaderKind.BASE64 and not _is_base64(header.text):
            faults[number] = Fault(N_("This is not Base64"), N_("Write Base64 such as aGVsbG8=, or choose Text."))
    return faults


def headers_of(headers: Sequence[HeaderDraft]) -> list[RecordHeader]:
    """Answer checked headers as they are sent, in their order."""
    return [
        RecordHeader(one.name, None if one.kind is HeaderKind.NULL else one.text, base64=one.kind is HeaderKind.BASE64)
        for one in headers
        if not one.is_blank
    ]


def header_draft(header: RecordHeader) -> HeaderDraft:
    """Write a header into the form."""
    if header.value is None:
        return HeaderDraft(header.name, kind=HeaderKind.NULL)
    return HeaderDraft(header.name, header.value, HeaderKind.BASE64 if header.base64 else HeaderKind.TEXT)


def draft_of(record: Record, kept: Draft | None = None) -> Draft:
    """Write a record into the form; how often it is sent stays as in *kept*."""
    return replace(
        kept or Draft(),
        topic=record.topic,
        partition="" if record.partition is None else str(record.partition),
        key=draft_of_content(record.key),
        value=draft_of_content(record.value),
        headers=tuple(header_draft(header) for header in record.headers),
        timestamp="" if record.timestamp is None else millis_text(record.timestamp),
        compression=record.compression,
    )


def bulk_of(draft: Draft, record: Record, *, fills: bool) -> BulkProduce:
    """Answer the request that produces *record* as often as a checked *draft* says."""
    repeat = draft.repeat
    return BulkProduce(
        record,
        count=whole_number(repeat.count) or 1,
        rate=rate_of(repeat.rate) or 0.0,
        generate=fills,
        seed=whole_number(repeat.seed) if repeat.seed.strip() else None,
    )


def fields_in(draft: Draft) -> list[str]:
    """Answer the fields that stand in the texts of *draft*, the value's first."""
    names = [*fields_of(draft.value), *fields_of(draft.key)]
    for header in draft.headers:
        if header.kind is HeaderKind.TEXT:
            names += field_names(header.text)
    return list(dict.fromkeys(names))


def is_tombstone(draft: Draft) -> bool:
    """Whether a compacted topic would forget the key: there is one, and no value."""
    return draft.key.kind is not Kind.NULL and draft.value.kind is Kind.NULL


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
