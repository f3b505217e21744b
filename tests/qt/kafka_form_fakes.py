"""A Kafka API that answers from memory, for the forms and the group page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from desktop.core.generated_fields import FIELD
from desktop.core.problems import ApiError
from desktop.services.kafka import KafkaService
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, Environment
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
    ResetRequest,
    ResetResult,
    SchemaText,
    SubjectInfo,
    TopicDetail,
    TopicInfo,
    TopicPage,
)
from embedded_server.contracts.problems import ProblemDetails
from tests.qt import form_fakes
from tests.qt.form_fakes import FormApi, FormBench

STARTED = form_fakes.STARTED

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


class FakeApi(FormApi):
    """Knows one cluster."""

    def __init__(self) -> None:
        super().__init__(make_job())
        self.outcome = ProduceOutcome(RecordStatus.ACKNOWLEDGED, "orders", 2, 1204)
        self.partition = 2
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

    def answers(self, query: dict[str, Any]) -> dict[str, Any]:
        """What is asked."""
        return {
            "topics": TopicPage(self.topics, 1, 1, len(self.topics), len(self.topics)),
            "topic": self.detail,
            "config-names": [replace(one, source=ConfigSource.DEFAULT, value=one.default) for one in self.configs],
            "schemas": self.own,
            "subjects": [one for one in self.subjects if (query.get("search") or "") in one.subject],
            "schema": SchemaText(7, Format.AVRO, '{"type": "record", "name": "shop.Order"}', "orders-value", 3),
            "group": self.group,
            "lag": self.history,
        }

    def acts(self, body: Any) -> dict[str, Callable[[], Any]]:
        """What is done."""
        return {
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
            "remove": lambda: self._without_schema(body["id"]),
        }

    def keep(self, path: str, body: Any) -> Any:
        """Keep a template or a schema."""
        if path == "/kafka/schemas":
            self.own = [*self.own, replace(body, id=body.id or f"s{len(self.own) + 1}")]
            return self.own
        return super().keep(path, body)

    def _without_schema(self, schema: str) -> list[LocalSchema]:
        self.own = [one for one in self.own if one.id != schema]
        return self.own

    def _reset(self, request: ResetRequest) -> ResetResult:
        return ResetResult(self.changes, done=not request.dry_run)


def fill(record: Record) -> Record:
    """Fill each field with the same word."""

    def filled(content: Content | None) -> Content | None:
        return replace(content, text=FIELD.sub("filled", content.text)) if content is not None else None

    return replace(record, key=filled(record.key), value=filled(record.value))


class Bench(FormBench):
    """A service over the fake API, with a host for its forms."""

    def __init__(self) -> None:
        super().__init__(1096)
        self.api = FakeApi()
        api: Any = self.api
        self.service = KafkaService(api)
