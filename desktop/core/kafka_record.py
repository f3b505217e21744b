"""A record as the journal holds it: where it is, its key, what it carries, and how it is written for other tools."""

import base64
import binascii
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from desktop.core.i18n import N_, tr
from desktop.core.kafka_values import millis_text
from embedded_server.contracts.connections import KafkaSettings, SaslMechanism
from embedded_server.contracts.kafka import NO_TIMESTAMP, Decoded, Format, SchemaUsed

SHOWN_CHARS: Final = 400
"""Of a header's value in its row; the rest is in the clipboard and the tool tip."""
FORMAT_WORDS: Final = {
    Format.AUTO: N_("Automatic"),
    Format.JSON: N_("JSON"),
    Format.TEXT: N_("Text"),
    Format.HEX: N_("Hex"),
    Format.BASE64: N_("Base64"),
    Format.MSGPACK: N_("MessagePack"),
    Format.AVRO: N_("Avro"),
    Format.JSON_SCHEMA: N_("JSON Schema"),
    Format.PROTOBUF: N_("Protobuf"),
    Format.INTEGER: N_("Integer"),
    Format.FLOAT: N_("Float"),
    Format.UUID: N_("UUID"),
}
AS_THEY_STAND: Final = frozenset({Format.JSON, Format.TEXT, Format.HEX})
"""The bytes themselves show what these say."""


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One header of a record."""

    name: str
    text: str
    """As it is shown: shortened, and null in a word."""
    whole: str
    """The whole value: text, or Base64 of bytes."""
    type: str
    """``text``, ``bytes`` or ``null``."""


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """What the journal says of a record beside its value."""

    topic: str = ""
    partition: int = -1
    offset: int = -1
    timestamp: int = NO_TIMESTAMP
    """Milliseconds."""
    is_append_time: bool = False
    key: bytes | None = None
    value_is_null: bool = False
    compression: str = ""
    leader_epoch: int = -1
    job: str = ""
    headers: list[HeaderRow] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it is: ``orders[3] @ 1,204``."""
        where = f"{self.topic}[{self.partition}]"
        return f"{where} @ {self.offset:,}" if self.offset >= 0 else where


def seen_of(headers: Mapping[str, Any]) -> SeenRecord:
    """Read an event's headers. With many of them it takes a while: meant for a thread."""
    rows = headers.get("headers")
    return SeenRecord(
        topic=str(headers.get("topic", "")),
        partition=_whole(headers.get("partition"), -1),
        offset=_whole(headers.get("offset"), -1),
        timestamp=_whole(headers.get("timestamp"), NO_TIMESTAMP),
        is_append_time=headers.get("timestamp_type") == "append",
        key=_key_of(headers),
        value_is_null=headers.get("value_null") is True,
        compression=str(headers.get("compression") or ""),
        leader_epoch=_whole(headers.get("leader_epoch"), -1),
        job=str(headers.get("job") or ""),
        headers=[_header_of(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else [],
    )


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _key_of(headers: Mapping[str, Any]) -> bytes | None:
    if headers.get("key_null", "key" not in headers and "key_base64" not in headers):
        return None
    if isinstance(coded := headers.get("key_base64"), str):
        try:
            return base64.b64decode(coded)
        except (binascii.Error, ValueError):
            return b""
    return str(headers.get("key") or "").encode()


def _header_of(row: Mapping[str, Any]) -> HeaderRow:
    name = str(row.get("name", ""))
    if isinstance(coded := row.get("base64"), str):
        return HeaderRow(name, coded[:SHOWN_CHARS], coded, "bytes")
    value = row.get("value")
    if value is None:
        return HeaderRow(name, tr("null"), "", "null")
    text = str(value)
    return HeaderRow(name, text[:SHOWN_CHARS] if text else tr("(empty)"), text, "text")


# -- in words


def time_words(seen: SeenRecord) -> str:
    """Say when the record was written."""
    if seen.timestamp < 0:
        return tr("none")
    return millis_text(seen.timestamp)


def clock_words(seen: SeenRecord) -> str:
    """Say whose clock told the time."""
    if seen.timestamp < 0:
        return ""
    return tr("the broker's (LogAppendTime)") if seen.is_append_time else tr("the producer's (CreateTime)")


def nothing_words(seen: SeenRecord, *, is_key: bool) -> str:
    """Say what kind of nothing a side is: no key, null, a tombstone, or empty."""
    if is_key:
        return (
            tr("No key: it is null. Such records are spread over the partitions.")
            if seen.key is None
            else tr("The key is empty: 0 bytes, which is not null.")
        )
    if not seen.value_is_null:
        return tr("The value is empty: 0 bytes, which is not null.")
    if seen.key is None:
        return tr("The value is null, which is not empty; without a key it is no tombstone.")
    return tr("A tombstone: the value is null. Compaction deletes the records of this key up to here.")


def schema_words(schema: SchemaUsed | None) -> str:
    """Name the schema a side was read with: ``orders-value v3 (id 7)``."""
    if schema is None:
        return ""
    name = schema.subject or schema.name
    version = f" v{schema.version}" if schema.version is not None else ""
    number = tr(" (id {id})", id=schema.id) if schema.id is not None else tr(" (own)")
    return f"{name}{version}{number}"


def format_words(decoded: Decoded) -> str:
    """Say how a side was read: ``Avro · orders-value v3 (id 7)``."""
    return " · ".join(part for part in (tr(FORMAT_WORDS[decoded.format]), schema_words(decoded.schema)) if part)


# -- for other tools


def kcat_command(seen: SeenRecord, address: str, settings: KafkaSettings | None) -> str:
    """Write the command that reads this one record with kcat. Secrets are left out: kcat asks its own file for them."""
    parts = ["kcat", "-C", "-b", settings.bootstrap if settings is not None and settings.bootstrap else address, "-t", seen.topic]
    parts += ["-p", str(seen.partition), "-o", str(seen.offset), "-c", "1", "-e"]
    parts += ["-f", "%T %k %h\\n%s\\n"]
    if settings is not None and (settings.tls or settings.mechanism is not SaslMechanism.NONE):
        sasl = settings.mechanism is not SaslMechanism.NONE
        protocol = ("SASL_" if sasl else "") + ("SSL" if settings.tls else "PLAINTEXT")
        parts += ["-X", f"security.protocol={protocol}"]
        if sasl:
            parts += ["-X", f"sasl.mechanism={settings.mechanism.value}", "-X", f"sasl.username={settings.user}", "-X", "sasl.password="]
        if settings.ca_file:
            parts += ["-X", f"ssl.ca.location={settings.ca_file}"]
    return shlex.join(parts)
