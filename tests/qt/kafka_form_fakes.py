"""A Kafka API that answers from memory, for the forms and the group page."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.core.generated_fields import FIELD
from desktop.core.problems import ApiError
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, Environment
from embedded_server.contracts.filling import GeneratedField, Uploaded
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.kafka import (
    Assigned,
    ConfigEntry,
    ConfigSource,
    Content,
    Deleted,
    Format,
    GroupDetail,
    GroupInfo,
    GroupMember,
    GroupOffset,
    LagHistory,
    LagPoint,
    LocalSchema,
    OffsetChange,
    PartitionInfo,
    ProduceOutcome,
    Record,
    RecordStatus,
    RecordTemplate,
    ResetRequest,
    ResetResult,
    SchemaText,
    SubjectInfo,
    TopicDetail,
    TopicInfo,
    TopicPage,
)
from embedded_server.contracts.problems import ProblemDetails

STARTED = 1_795_000_000_000_000_000
CONFIGS = [
    ConfigEntry(
        "cleanup.policy", "delete", ConfigSource.DEFAULT, type="list", default="delete", documentation="What happens to old segments."
    ),
    ConfigEntry(
        "retention.ms",
        "86400000",
        ConfigSource.TOPIC,
        type="long",
        default="604800000",
        documentation="How long a log is kept before old segments are discarded. More follows.",
    ),
    ConfigEntry(
        "segment.bytes", "1073741824", ConfigSource.DEFAULT, type="int", default="1073741824", documentation="The segment file's size."
    ),
    ConfigEntry(
        "compression.type", "producer", ConfigSource.DEFAULT, type="string", default="producer", documentation="The final compression."
    ),
    ConfigEntry("max.message.bytes", "1048588", ConfigSource.DEFAULT, type="int", default="1048588", documentation="The largest batch."),
]
PARTITIONS = [PartitionInfo(n, 1, [1], [1], start=100 * n, end=1000 + n) for n in range(3)]
DETAIL = TopicDetail(TopicInfo("orders", partitions=3, replication=1, messages=2703, bytes=81_000), PARTITIONS, CONFIGS)


def make_problem(title: str, hint: str = "", status: int = 502, **params: Any) -> ApiError:
    """What the server says when something fails."""
    return ApiError(
        ProblemDetails("urn:switchroom:problem:x", title, status, "", hint, title_template=title, hint_template=hint, params=params)
    )


def make_connection(name: str = "shop", *, environment: Environment = Environment.DEVELOPMENT, read_only: bool = False) -> Connection:
    """A connection to a Kafka."""
    spec = ConnectionSpec(name, ConnectionKind.KAFKA, environment=environment, read_only=read_only)
    return Connection(name, spec, "kafka://127.0.0.1:9092")


def make_job(kind: JobKind = JobKind.PRODUCE, state: JobState = JobState.RUNNING, **changes: Any) -> Job:
    """A job that is under way."""
    job = Job("j1", kind, "shop", "", "", "orders", state, done=300, total=1000, rate=812.0, started_at=STARTED)
    return replace(job, **changes)


def make_group(*, members: int = 2, state: str = "Stable", group: str = "billing") -> GroupDetail:
    """A group that reads two topics."""
    people = [
        GroupMember(
            f"c{n}-8f1",
            f"consumer-{n}",
            f"/10.0.0.{n}",
            f"pod-{n}" if n == 1 else "",
            [Assigned("orders", [n - 1]), Assigned("payments", [0])],
        )
        for n in range(1, members + 1)
    ]
    offsets = [
        GroupOffset("orders", n, 800 + n, 100 * n, 1000 + n, 200, member=people[n].id if n < len(people) else "") for n in range(3)
    ] + [GroupOffset("payments", 0, None, 0, 40, None, member=people[0].id if people else "")]
    return GroupDetail(GroupInfo(group, state, "classic", "consumer", members, 2, 600), 1, "range", people, offsets)


def make_history(points: int = 120, *, topics: bool = True) -> LagHistory:
    """A lag that rises and falls."""
    made = []
    for n in range(points):
        orders, payments = 4000 + 30 * n - (n // 40) * 900, max(0, 900 - 6 * n)
        parts = {"orders": orders, "payments": payments} if topics else {"orders": orders + payments}
        made.append(LagPoint(STARTED + n * 5_000_000_000, orders + payments, parts, committed=50_000 + 400 * n, end=54_900 + 410 * n))
    return LagHistory("billing", made)


class FakeApi(QObject):
    """Answers by route, keeps what it was sent, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str, Any]] = []
        """Method, path and body of each request that changes something."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, Exception] = {}
        """By the end of a path."""
        self.gate: asyncio.Event | None = None
        self.outcome = ProduceOutcome(RecordStatus.ACKNOWLEDGED, "orders", 2, 1204)
        self.partition = 2
        self.job: Job = make_job()
        self.jobs: list[Job] = []
        self.templates: list[RecordTemplate] = []
        self.uploads: list[bytes] = []
        self.fields = [GeneratedField("uuid", "6fa459ea-ee8a-3ca4-894e-db77e160355e"), GeneratedField("name", "Ada Lovelace")]
        self.topics = [TopicInfo("orders", partitions=3), TopicInfo("payments", partitions=1)]
        self.detail = DETAIL
        self.configs = CONFIGS
        self.own = [LocalSchema("s1", "order.avsc", Format.AVRO, '{"type": "record", "name": "Order"}', ["Order"])]
        self.subjects = [SubjectInfo("orders-value", 3, 7, Format.AVRO, ["shop.Order"])]
        self.group = make_group()
        self.history = make_history()
        self.changes = [
            OffsetChange("orders", 0, 800, 0, 0, 1000),
            OffsetChange("orders", 1, 801, 100, 100, 1001, clamped=True),
            OffsetChange("orders", 2, 802, 802, 200, 1002),
        ]

    def bodies(self, end: str) -> list[Any]:
        """What was sent to the paths that end so."""
        return [body for _, path, body in self.sent if path.endswith(end)]

    async def get(self, path: str, _type: Any = None, **query: Any) -> Any:
        """Read."""
        self.asked.append((path, query))
        await self._begin(path)
        if path.startswith("/jobs/"):
            return self.job
        answers: dict[str, Any] = {
            "jobs": self.jobs,
            "templates": self.templates,
            "generated-fields": self.fields,
            "topics": TopicPage(self.topics, 1, 1, len(self.topics), len(self.topics)),
            "topic": self.detail,
            "config-names": [replace(one, source=ConfigSource.DEFAULT, value=one.default) for one in self.configs],
            "schemas": self.own,
            "subjects": [one for one in self.subjects if (query.get("search") or "") in one.subject],
            "schema": SchemaText(7, Format.AVRO, '{"type": "record", "name": "shop.Order"}', "orders-value", 3),
            "group": self.group,
            "lag": self.history,
        }
        return answers[path.rsplit("/", 1)[1]]

    async def post(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Do."""
        self.sent.append(("POST", path, body))
        await self._begin(path)
        return self._answer(path, body)

    def _answer(self, path: str, body: Any) -> Any:
        if path == "/kafka/bodies":
            self.uploads.append(body)
            return Uploaded(f"up-{len(self.uploads)}", len(body))
        if path == "/kafka/schemas/remove":
            self.own = [schema for schema in self.own if schema.id != body["id"]]
            return self.own
        if path.endswith("/stop"):
            self.job = replace(self.job, state=JobState.STOPPING)
            return self.job
        answers: dict[str, Callable[[], Any]] = {
            "fill": lambda: fill(body),
            "produce": lambda: self.outcome,
            "partition-for": lambda: self.partition,
            "bulk": lambda: self.job,
            "copy": lambda: self.job,
            "topics": lambda: TopicInfo(body.name, partitions=max(body.partitions, 1), replication=1),
            "partitions": lambda: TopicInfo(body.topic, partitions=body.total),
            "configs": lambda: self.configs,
            "purge": lambda: Deleted(2703),
            "delete-topic": lambda: Deleted(2703),
            "reset": lambda: self._reset(body),
            "delete-group": lambda: None,
            "remove-member": lambda: None,
            "remove": lambda: self._without(body["name"]),
        }
        return answers[path.rsplit("/", 1)[1]]()

    async def put(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Keep a template or a schema."""
        self.sent.append(("PUT", path, body))
        await self._begin(path)
        if path == "/kafka/schemas":
            self.own = [*self.own, replace(body, id=body.id or f"s{len(self.own) + 1}")]
            return self.own
        self.templates = [*self._without(body.name), body]
        return self.templates

    async def delete(self, path: str) -> None:
        """Forget a job."""
        self.sent.append(("DELETE", path, None))
        await self._begin(path)

    async def send_file(self, path: str, file: Path, _type: Any, progress: Callable[[int], None] | None = None) -> Any:
        """Take a file."""
        await self._begin(path)
        data = await asyncio.to_thread(file.read_bytes)
        if progress is not None:
            progress(len(data) // 2)
        self.uploads.append(data)
        return Uploaded(f"up-{len(self.uploads)}", len(data))

    def _without(self, name: str) -> list[RecordTemplate]:
        self.templates = [template for template in self.templates if template.name != name]
        return self.templates

    def _reset(self, request: ResetRequest) -> ResetResult:
        return ResetResult(self.changes, done=not request.dry_run)

    async def _begin(self, path: str) -> None:
        if self.gate is not None:
            await self.gate.wait()
        for end, failure in self.failures.items():
            if path.endswith(end):
                raise failure


def fill(record: Record) -> Record:
    """Fill each field with the same word."""

    def filled(content: Content | None) -> Content | None:
        return replace(content, text=FIELD.sub("filled", content.text)) if content is not None else None

    return replace(record, key=filled(record.key), value=filled(record.value))


class Bench:
    """A host for sheets, with a service over the fake API."""

    def __init__(self) -> None:
        self.api = FakeApi()
        api: Any = self.api
        self.service = KafkaService(api)
        self.notices = Notices()
        self.host = QWidget()
        self.host.resize(1096, 740)
        self.host.show()

    def close(self) -> None:
        """Put the window away."""
        self.host.close()
        self.host.deleteLater()
