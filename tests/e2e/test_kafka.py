"""Kafka through ``switchroom serve``, by curl alone: a topic filled, tailed and searched, and nothing lost when the broker is killed."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.helpers.curl import Curl, needs_curl, until
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka
from tests.helpers.server import server_process

pytestmark = [needs_curl, pytest.mark.timeout(240)]

COUNT: Final = 10_000
KILLED_AT: Final = 2_000
SOON_S: Final = 30.0
RECOVERED_S: Final = 90.0
TOPIC: Final = "orders"
GROUP: Final = "billing"


@pytest.fixture
def curl(tmp_path: Path) -> Iterator[Curl]:
    with server_process(tmp_path / "data", "--no-worker") as server:
        curl = Curl(server.url)
        curl.sign_in()
        until(lambda: curl.part("brokers")["state"] == "running", SOON_S)
        yield curl


@dataclass
class Cluster:
    """A connection of the server, and what the tests do through it."""

    curl: Curl
    id: str = "embedded"

    def get(self, path: str) -> Any:
        return self.curl.json(f"/kafka/{self.id}/{path}")

    def post(self, path: str, **body: Any) -> Any:
        return self.curl.json(f"/kafka/{self.id}/{path}", body=body)

    def job(self, job: dict[str, Any]) -> dict[str, Any]:
        now: dict[str, Any] = self.curl.json(f"/jobs/{job['id']}")
        assert now["state"] != "failed", now
        return now

    def over(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait for a job's end."""
        ended: dict[str, Any] = until(lambda: (now := self.job(job))["state"] in {"done", "stopped"} and now, RECOVERED_S)
        return ended

    def events(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """Everything the journal has of a job."""
        status, lines = self.curl("/events/export", "-G", "--data-urlencode", f"filter={job['filter']}", timeout_s=60)
        assert status == 200, lines
        return [json.loads(line) for line in lines.splitlines()]

    def records(self) -> int:
        """How many records the topic holds."""
        return int(self.get(f"topic?name={TOPIC}")["topic"]["messages"])


def content(text: str) -> dict[str, str]:
    return {"text": text}


def test_curl_alone_fills_tails_and_searches_a_topic_and_sets_a_group_back(curl: Curl) -> None:
    kafka = Cluster(curl)
    kafka.post("topics", name=TOPIC, partitions=2)
    tail = kafka.post("read", topic=TOPIC, start={"at": "end"}, follow=True)
    until(lambda: kafka.job(tail)["state"] == "running", SOON_S)

    headers = [{"name": "source", "value": "web"}, {"name": "source", "value": None}]
    outcome = kafka.post("produce", topic=TOPIC, partition=1, key=content("k"), value=content('{"id": 90071992547409931}'), headers=headers)
    assert (outcome["status"], outcome["partition"], outcome["offset"]) == ("acknowledged", 1, 0)
    assert kafka.post("produce", topic=TOPIC, partition=1, key=content("k"), value=None)["offset"] == 1
    bulk = kafka.over(kafka.post("bulk", record={"topic": TOPIC, "key": content("{{n}}"), "value": content("order {{n}}")}, count=1_000))
    assert bulk["counts"]["acknowledged"] == 1_000

    until(lambda: kafka.job(tail)["done"] == 1_002, SOON_S)
    kafka.over(curl.json(f"/jobs/{tail['id']}/stop", "-X", "POST"))
    seen = {(event["subject"], event["worker"]): event for event in kafka.events(tail)}
    assert len(seen) == 1_002
    first, tombstone = seen[f"{TOPIC}[1]", "0"], seen[f"{TOPIC}[1]", "1"]
    assert (first["key"], first["headers"]["headers"]) == ("k", headers)
    assert (first["headers"]["value_null"], tombstone["headers"]["value_null"]) == (False, True)
    decoded = kafka.post("decode", seq=first["seq"])
    assert (decoded["value"]["format"], json.loads(decoded["value"]["text"])) == ("json", {"id": 90071992547409931})

    search = kafka.over(kafka.post("search", topic=TOPIC, text="order 777"))
    assert (search["done"], search["total"], search["counts"]["hits"]) == (1_002, 1_002, 1)

    everywhere = [{"topic": TOPIC, "partitions": [0, 1]}]
    kafka.post("reset", group=GROUP, to="latest", partitions=everywhere)
    assert kafka.get(f"group?id={GROUP}")["group"]["lag"] == 0
    told = kafka.post("reset", group=GROUP, to="earliest", dry_run=True)
    assert (told["done"], sum(change["before"] for change in told["changes"])) == (False, 1_002)
    assert kafka.get(f"group?id={GROUP}")["group"]["lag"] == 0
    assert kafka.post("reset", group=GROUP, to="earliest")["done"]
    assert kafka.get(f"group?id={GROUP}")["group"]["lag"] == 1_002


@dataclass
class Killable:
    """A cluster whose broker can be killed; it comes back, by itself or by ``revive``."""

    cluster: Cluster
    kill: Callable[[], None]
    revive: Callable[[], None]


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real_broker)])
def killable(request: pytest.FixtureRequest, curl: Curl) -> Iterator[Killable]:
    if sys.platform == "win32":
        pytest.skip("there is no kill -9 on Windows")
    if request.param == "embedded":
        yield Killable(Cluster(curl), lambda: os.kill(curl.part("brokers")["pid"], signal.SIGKILL), lambda: None)
        return
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    broker = RealKafka()
    try:
        broker.start()
        parsed = curl.json("/connections/parse", body={"url": f"kafka://{broker.bootstrap}"})
        yield Killable(Cluster(curl, curl.json("/connections", body=parsed)["id"]), broker.kill, broker.start)
    finally:
        broker.stop()


def test_broker_is_killed_while_it_is_written_and_tailed(killable: Killable) -> None:
    kafka = killable.cluster
    kafka.post("topics", name=TOPIC, partitions=2)
    tail = kafka.post("read", topic=TOPIC, start={"at": "oldest"}, follow=True)
    bulk = kafka.post("bulk", record={"topic": TOPIC, "key": content("{{n}}"), "value": content("{{n}}")}, count=COUNT, rate=4_000)
    until(lambda: kafka.job(bulk)["done"] >= KILLED_AT and kafka.job(tail)["done"] > 0, SOON_S)
    killable.kill()
    killable.revive()

    counts = kafka.over(bulk)["counts"]
    assert counts.get("acknowledged", 0) + counts.get("unacknowledged", 0) == COUNT, counts
    produced = {(event["subject"], event["worker"]): event["key"] for event in kafka.events(bulk) if event["status"] == "acknowledged"}
    assert len(produced) == counts["acknowledged"]

    held = kafka.records()
    until(lambda: kafka.job(tail)["done"] == held, RECOVERED_S)
    tailed = [(event["subject"], int(event["worker"]), event["key"]) for event in kafka.events(tail)]
    for partition in (0, 1):
        offsets = sorted(offset for subject, offset, _ in tailed if subject == f"{TOPIC}[{partition}]")
        assert offsets == list(range(len(offsets))), "no gap and no duplicate"
    there = {(subject, str(offset)): key for subject, offset, key in tailed}
    assert produced.items() <= there.items(), "what was acknowledged is where the broker said"
    assert len(set(produced.values())) == len(produced), "and there once"
