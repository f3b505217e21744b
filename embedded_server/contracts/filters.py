"""The fields of the filter language, for its compiler, its completion and its documentation page alike."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from embedded_server.contracts.problems import N_


class FieldType(StrEnum):
    """How a field's value is compared."""

    TEXT = "text"
    KIND = "kind"
    SIZE = "size"
    """Bytes; ``10kB`` and ``2MiB`` are understood."""
    TIME = "time"
    """ISO 8601, a clock time of today, or an age such as ``-5m``."""
    DURATION = "duration"
    """Seconds; ``250ms``, ``3s`` and ``2m`` are understood."""
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Field:
    """One field a filter may name."""

    name: str
    type: FieldType
    help: str


EVENT_FIELDS: Final = (
    Field("kind", FieldType.KIND, N_("What happened: task.failed, or a whole group: task")),
    Field("connection", FieldType.TEXT, N_("The connection it came through")),
    Field("subject", FieldType.TEXT, N_("Task name, exchange, topic or URL")),
    Field("key", FieldType.TEXT, N_("Task id, message key or event id")),
    Field("status", FieldType.TEXT, N_("State, HTTP status, close code or log level")),
    Field("trace", FieldType.TEXT, N_("Events that belong to one message's life")),
    Field("worker", FieldType.TEXT, N_("The worker that ran it")),
    Field("queue", FieldType.TEXT, N_("The queue a message was read from")),
    Field("topic", FieldType.TEXT, N_("A Kafka record's topic")),
    Field("partition", FieldType.NUMBER, N_("A Kafka record's partition")),
    Field("offset", FieldType.NUMBER, N_("A Kafka record's offset: 100, >=100, 100..200")),
    Field("size", FieldType.SIZE, N_("Bytes of the body")),
    Field("time", FieldType.TIME, N_("When it happened: 14:30, 2026-11-24, -5m")),
    Field("seq", FieldType.NUMBER, N_("Number in the journal")),
)
TASK_FIELDS: Final = (
    Field("state", FieldType.TEXT, N_("The task's present state, such as FAILURE")),
    Field("name", FieldType.TEXT, N_("The task's name")),
    Field("id", FieldType.TEXT, N_("The task's id")),
    Field("worker", FieldType.TEXT, N_("The worker that ran it")),
    Field("queue", FieldType.TEXT, N_("The queue it was sent to")),
    Field("args", FieldType.TEXT, N_("Its arguments, as text")),
    Field("result", FieldType.TEXT, N_("Its result or error, as text")),
    Field("runtime", FieldType.DURATION, N_("How long it ran: >1s, <250ms")),
    Field("wait", FieldType.DURATION, N_("How long it waited in its queue")),
    Field("retries", FieldType.NUMBER, N_("How often it was retried")),
    Field("root", FieldType.TEXT, N_("The id of the task that began its chain")),
    Field("parent", FieldType.TEXT, N_("The id of the task that sent it")),
    Field("time", FieldType.TIME, N_("When it was first seen: 14:30, 2026-11-24, -5m")),
)
