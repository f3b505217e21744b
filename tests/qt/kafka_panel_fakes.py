"""A Kafka API that answers from memory, and everything the panel is built from over it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import QObject

from desktop.core.problems import ApiError
from desktop.services import Services
from desktop.services.notices import Notices
from desktop.services.session import SessionPhase, SessionState
from desktop.services.settings import Settings
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, KafkaSettings
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.kafka import (
    Assigned,
    BrokerInfo,
    ClusterInfo,
    ConfigEntry,
    ConfigSource,
    Decoded,
    DecodedRecord,
    Deleted,
    Format,
    GroupDetail,
    GroupInfo,
    GroupMember,
    GroupOffset,
    GroupPage,
    LagHistory,
    LagPoint,
    PartitionInfo,
    Record,
    TopicDetail,
    TopicInfo,
    TopicPage,
    TopicReading,
)
from embedded_server.contracts.problems import ProblemDetails
from tests.qt.tasks_fakes import FakeFeeds

NS = 1_000_000_000
AT = 1_795_000_000 * NS


def make_connection(id_: str = "embedded", **changes: Any) -> Connection:
    """A connection that fares well."""
    kind = ConnectionKind.EMBEDDED if id_ == "embedded" else ConnectionKind.KAFKA
    return Connection(id_, replace(ConnectionSpec(id_, kind, kafka=KafkaSettings("127.0.0.1:9092")), **changes), "127.0.0.1:9092")


def make_problem(title: str = "No broker answers at 127.0.0.1:9092", hint: str = "Start it.", status: int = 502) -> ProblemDetails:
    """What the server says when something fails."""
    return ProblemDetails("urn:switchroom:problem:x", title, status, hint=hint, title_template=title, hint_template=hint)


def make_topic(name: str, **changes: Any) -> TopicInfo:
    """A topic that is written."""
    topic = TopicInfo(
        name, partitions=6, replication=1, messages=1_204_332, bytes=412_000_000, rate=118.0, cleanup_policy="delete", changed=2
    )
    return replace(topic, **changes)


def make_job(id_: str = "j1", kind: JobKind = JobKind.READ, source: str = "orders", **changes: Any) -> Job:
    """A job that runs."""
    job = Job(id_, kind, "embedded", "", source, "", JobState.RUNNING, done=1204, total=48_000, rate=118.0, started_at=AT)
    return replace(job, **{"filter": f"headers.job:{id_}", **changes})


def make_partition(number: int, **changes: Any) -> PartitionInfo:
    """A partition in sync."""
    return replace(PartitionInfo(number, 1, [1, 2, 3], [1, 2, 3], [], 1000, 201_000 + number, 68_000_000, 19.5), **changes)


CONFIGS = [
    ConfigEntry("cleanup.policy", "delete", ConfigSource.DEFAULT, type="list", default="delete", documentation="How old records go."),
    ConfigEntry("compression.type", "producer", ConfigSource.DEFAULT, type="string", default="producer"),
    ConfigEntry("max.message.bytes", "1048588", ConfigSource.DEFAULT, type="int", default="1048588"),
    ConfigEntry("retention.ms", "86400000", ConfigSource.TOPIC, type="long", default="604800000", documentation="How long records stay."),
    ConfigEntry("segment.bytes", "104857600", ConfigSource.TOPIC, type="int", default="1073741824"),
]


class Cluster:
    """What a fake cluster holds."""

    def __init__(self) -> None:
        self.topics = [
            make_topic("__consumer_offsets", internal=True, partitions=1, messages=88, bytes=9_000, rate=0.0, cleanup_policy="compact"),
            make_topic("audit.log", partitions=1, messages=0, bytes=0, rate=0.0),
            make_topic("inventory.changes", partitions=12, messages=88_120, bytes=12_400_000, rate=0.0),
            make_topic("orders"),
            make_topic("orders.retry", partitions=3, messages=17, bytes=9_100, rate=0.4),
            make_topic("payments.settled.v2", under_replicated=2, rate=61.0, messages=402_118),
            make_topic("search.index.updates", offline=1, rate=0.0),
        ]
        self.groups = [
            GroupInfo("billing", "Stable", "classic", "consumer", 2, 1, 412),
            GroupInfo("mailer", "Empty", "classic", "consumer", 0, 2, 18_402),
            GroupInfo("search-indexer", "PreparingRebalance", "classic", "consumer", 5, 1, None),
        ]
        self.missing: ProblemDetails | None = None

    def info(self) -> ClusterInfo:
        """The cluster at a glance."""
        brokers = [
            BrokerInfo(1, "127.0.0.1", 9092, controller=True, leaders=12, bytes=412_000_000),
            BrokerInfo(2, "127.0.0.1", 9093, "r1", False, 11, 9_000),
        ]
        return ClusterInfo(
            "MkU3OEVBNTcwNTJENDM2Qg",
            "Apache Kafka",
            "4.3",
            brokers,
            len(self.topics),
            29,
            2,
            1,
            len(self.groups),
            missing=self.missing,
            internal=sum(topic.internal for topic in self.topics),
        )


class FakeKafkaApi(QObject):
    """Answers the Kafka routes from a `Cluster`, counts requests, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.requests: list[str] = []
        self.bodies: list[tuple[str, Any]] = []
        self.jobs: list[Job] = []
        self.events: dict[int, tuple[EventDetail, bytes]] = {}
        self.decoded: dict[int, DecodedRecord] = {}
        self.readings: list[TopicReading] = []
        self.failure: ProblemDetails | None = None
        self.fails_only = ""
        """Fails only requests that have this in them."""
        self.gate: asyncio.Event | None = None
        self.gates_only = ""
        """The gate holds only requests that have this in them."""

    def count(self, part: str) -> int:
        """How many requests had *part* in them."""
        return sum(part in request for request in self.requests)

    def sent(self, part: str) -> list[Any]:
        """The bodies of the requests that had *part* in them."""
        return [body for request, body in self.bodies if part in request]

    async def get(self, path: str, _type: Any, **query: Any) -> Any:
        """Read."""
        shown = ",".join(f"{name}={value}" for name, value in query.items() if value is not None)
        await self._begin(f"GET {path} {shown}".strip())
        if path.startswith("/events/"):
            return self.events[int(path.split("/")[2])][0]
        if path == "/jobs":
            return list(self.jobs)
        if path.startswith("/jobs/"):
            return next(job for job in self.jobs if job.id == path.split("/")[2])
        return getattr(self, f"_get_{path.rpartition('/')[2].replace('-', '_')}")(query)

    async def get_bytes(self, path: str, **_query: Any) -> bytes:
        """Read a body."""
        await self._begin(f"GET {path}")
        return self.events[int(path.split("/")[2])][1]

    async def post(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Do."""
        await self._begin(f"POST {path}")
        self.bodies.append((f"POST {path}", body))
        act = path.rpartition("/")[2]
        if act == "decode":
            return self.decoded[body.seq]
        if act in {"read", "search"}:
            kind = JobKind.SEARCH if act == "search" else JobKind.TAIL if body.follow else JobKind.READ
            state = JobState.DONE if kind is JobKind.READ else JobState.RUNNING
            job = make_job(f"{act}-{len(self.bodies)}", kind, body.topic, state=state)
            self.jobs.append(job)
            return job
        if act == "stop":
            return make_job(path.split("/")[2], state=JobState.STOPPED)
        if act in {"delete-topic", "purge"}:
            return Deleted(17)
        return None

    async def put(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Change."""
        await self._begin(f"PUT {path}")
        self.bodies.append((f"PUT {path}", body))
        return []

    async def delete(self, path: str) -> None:
        """Remove."""
        await self._begin(f"DELETE {path}")

    async def _begin(self, request: str) -> None:
        self.requests.append(request)
        if self.gate is not None and self.gates_only in request:
            await self.gate.wait()
        if self.failure is not None and self.fails_only in request:
            raise ApiError(self.failure)

    # -- the routes

    def _get_cluster(self, _: Any) -> ClusterInfo:
        return self.cluster.info()

    def _get_topics(self, query: Any) -> TopicPage:
        shown = [one for one in self.cluster.topics if query["internal"] == "true" or not one.internal]
        found = [one for one in shown if (query.get("search") or "") in one.name]
        found.sort(
            key=lambda one: one.name if query["sort"] == "name" else getattr(one, query["sort"]) or 0, reverse=query["descending"] == "true"
        )
        size, page = query["page_size"], query["page"]
        page = next((at // size + 1 for at, one in enumerate(found) if one.name == query.get("around")), page)
        return TopicPage(found[(page - 1) * size : page * size], page, -(-len(found) // size), len(found), len(shown))

    def _get_topic(self, query: Any) -> TopicDetail:
        found = next((one for one in self.cluster.topics if one.name == query["name"]), None)
        if found is None:
            raise ApiError(make_problem("There is no topic of that name", status=404))
        return TopicDetail(found, [make_partition(number) for number in range(found.partitions)], CONFIGS, ["billing", "mailer"])

    def _get_groups(self, query: Any) -> GroupPage:
        found = [one for one in self.cluster.groups if (query.get("search") or "") in one.id]
        return GroupPage(found, 1, 1, len(found), len(self.cluster.groups))

    def _get_group(self, query: Any) -> GroupDetail:
        group = next(one for one in self.cluster.groups if one.id == query["id"])
        member = GroupMember("c-1", "billing-1", "/10.0.0.7", assignment=[Assigned("orders", [0, 1, 2])])
        offsets = [GroupOffset("orders", number, 200_000, 1_000, 200_100 + number, 100 + number, "", "c-1") for number in range(3)]
        return GroupDetail(group, 1, "range", [member] if group.members else [], offsets)

    def _get_lag(self, query: Any) -> LagHistory:
        return LagHistory(query["group"], [LagPoint(AT + second * NS, 400 - second, {"orders": 400 - second}) for second in range(60)])

    def _get_record(self, _: Any) -> Record:
        return Record("orders")

    def _get_readings(self, _: Any) -> list[TopicReading]:
        return list(self.readings)

    def _get_schemas(self, _: Any) -> list[Any]:
        return []

    def _get_subjects(self, _: Any) -> list[Any]:
        return []

    def _get_templates(self, _: Any) -> list[Any]:
        return []

    def _get_generated_fields(self, _: Any) -> list[Any]:
        return []

    def _get_config_names(self, _: Any) -> list[ConfigEntry]:
        return list(CONFIGS)


def make_row(seq: int, **changes: Any) -> Row:
    """A record's row."""
    row = Row(
        seq,
        AT + seq * 1_000_000,
        "embedded",
        "record.read",
        f"orders[{seq % 6}]",
        f"order-{seq}",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "traceparent",
        "read",
        str(200_000 + seq),
        178,
        f'{{"order_id": {seq}, "charged": true, "amount": "129.50"}}',
    )
    return row._replace(**changes)


def make_headers(**changes: Any) -> dict[str, Any]:
    """The headers of a record's event."""
    headers = {
        "topic": "orders",
        "partition": 3,
        "offset": 200_009,
        "timestamp": AT // 1_000_000,
        "timestamp_type": "create",
        "key": "order-9",
        "key_null": False,
        "value_null": False,
        "headers": [{"name": "traceparent", "value": "00-4bf9-01"}, {"name": "retry", "value": None}, {"name": "sig", "base64": "AAE="}],
        "leader_epoch": 0,
        "job": "j1",
        "compression": "lz4",
    }
    return {**headers, **changes}


def make_decoded(text: str = '{"order_id": 9}', format_: Format = Format.JSON, **changes: Any) -> DecodedRecord:
    """A record that reads as JSON with a key of text."""
    value = replace(Decoded(format_, text, is_json=text[:1] == "{", size=len(text)), **changes)
    return DecodedRecord(Decoded(Format.TEXT, "order-9", size=7), value)


def make_services(folder: Path) -> tuple[Services, FakeKafkaApi, FakeFeeds]:
    """Everything the panel is built from, over fakes."""
    api, feeds, settings = FakeKafkaApi(), FakeFeeds(), Settings(folder)
    session = SimpleNamespace(state=SessionState(SessionPhase.SIGNED_IN, "ada"))
    fakes: dict[str, Any] = {"api": api, "feeds": feeds, "session": session, "host": SimpleNamespace()}
    return Services(**fakes, settings=settings, notices=Notices()), api, feeds
