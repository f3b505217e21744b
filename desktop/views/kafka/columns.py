"""The columns of the record table."""

from dataclasses import replace
from typing import Final

from desktop.core.feed_columns import PREVIEW, SEQ, SIZE, TIME, TRACE, Align, Column
from desktop.core.i18n import N_, tr
from desktop.core.kafka_words import status_tone, status_word
from embedded_server.contracts.events import Row
from embedded_server.contracts.kafka import EMPTY_PREVIEW, NULL_PREVIEW, split_subject


def offset_of(row: Row) -> str:
    """Answer a record's offset; a dash where nobody knows it."""
    return f"{int(row.worker):,}" if row.worker.isdecimal() else "\u2013"


def topic_of(row: Row) -> str:
    """Answer the topic a record is in."""
    return split_subject(row.subject)[0]


def partition_of(row: Row) -> str:
    """Answer the partition a record is in."""
    partition = split_subject(row.subject)[1]
    return str(partition) if partition >= 0 else ""


def value_of(row: Row) -> str:
    """Answer the beginning of the value as it is read; null and empty, which are not the same, say so."""
    if row.size:
        return row.preview
    return {NULL_PREVIEW: f"∅ {tr('null')}", EMPTY_PREVIEW: tr("(empty)"), "": tr("(null or empty)")}.get(row.preview, row.preview)


OFFSET: Final = Column(
    "offset", N_("Offset"), 84, offset_of, align=Align.RIGHT, mono=True, value=lambda row: row.worker, min_width=64, grows=True
)
PARTITION: Final = Column(
    "partition",
    N_("Partition"),
    68,
    partition_of,
    align=Align.RIGHT,
    mono=True,
    dim=True,
    field="subject",
    value=lambda row: row.subject,
    min_width=68,
    yields=1,
)
TOPIC: Final = Column(
    "topic", N_("Topic"), 128, topic_of, mono=True, field="subject", value=lambda row: row.subject, min_width=88, hidden=True
)
KEY: Final = Column("key", N_("Key"), 116, lambda row: row.key, mono=True, min_width=72, tooltip=lambda row: row.key)
VALUE: Final = Column("preview", N_("Value"), 240, value_of, mono=True, dim=True, field="-", min_width=72, tooltip=PREVIEW.tooltip)
STATUS: Final = Column(
    "status",
    N_("Status"),
    112,
    lambda row: status_word(row.status),
    tone=lambda row: status_tone(row.status),
    value=lambda row: row.status,
    min_width=96,
    yields=2,
)
RECORD_COLUMNS: Final = (OFFSET, PARTITION, TIME, TOPIC, KEY, STATUS, replace(SIZE, yields=3), TRACE, SEQ, VALUE)
