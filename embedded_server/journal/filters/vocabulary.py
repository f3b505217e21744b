"""Which fields a filter may name for one source of rows, and the SQL behind each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from embedded_server.contracts.filters import EVENT_FIELDS, Field
from embedded_server.journal.schema import BODY_SQL, KIND_CODES


@dataclass(frozen=True, slots=True)
class SqlField:
    """A field and the SQL expression it stands for.

    The expression gives what the field's type says: TEXT text, SIZE bytes, TIME and DURATION nanoseconds, KIND a kind's code,
    NUMBER a number. It must never be null for TEXT.
    """

    field: Field
    sql: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All a filter can speak of: named fields, the columns free text looks into, and the JSON documents paths lead into."""

    fields: Mapping[str, SqlField]
    text: tuple[str, ...]
    """SQL of the columns that free text searches."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """First word of a path, such as ``body``, and the SQL of the bytes it leads into."""


def vocabulary(fields: tuple[Field, ...], sql: Mapping[str, str], text: tuple[str, ...], documents: Mapping[str, str]) -> Vocabulary:
    """Pair *fields* with the SQL of each; a field without one is a mistake of ours and raises KeyError."""
    return Vocabulary({field.name: SqlField(field, sql[field.name]) for field in fields}, text, documents)


_IS_RECORD: Final = f"event.kind in ({', '.join(str(code) for name, code in KIND_CODES.items() if name.startswith('record.'))})"


def _of_records(sql: str, otherwise: str) -> str:
    """SQL that has a value for Kafka's records alone: their subject is ``topic[partition]``, and their offset is what others' worker is."""
    return f"case when {_IS_RECORD} then {sql} else {otherwise} end"


EVENTS: Final = vocabulary(
    EVENT_FIELDS,
    {
        "kind": "event.kind",
        "connection": "event.connection",
        "subject": "event.subject",
        "key": "event.key",
        "status": "event.status",
        "trace": "event.trace",
        "worker": "event.worker",
        "queue": "event.worker",
        "topic": _of_records("substr(event.subject, 1, instr(event.subject, '[') - 1)", "''"),
        "partition": _of_records("cast(substr(event.subject, instr(event.subject, '[') + 1) as integer)", "null"),
        "offset": _of_records("cast(event.worker as integer)", "null"),
        "size": "event.size",
        "time": "event.at",
        "seq": "event.seq",
    },
    ("event.subject", "event.key", "event.preview", "event.status", "event.worker", "event.trace", "event.connection"),
    {"body": BODY_SQL, "headers": "event.headers"},
)
