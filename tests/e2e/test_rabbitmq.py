"""RabbitMQ through ``switchroom serve``, by curl alone: a broker added, watched and emptied, and nothing lost when it is killed."""

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.helpers.broker_processes import NEEDS_RABBITMQ, RealRabbitMQ, find_rabbitmq_server
from tests.helpers.curl import Curl, needs_curl, until
from tests.helpers.server import server_process

pytestmark = [needs_curl, pytest.mark.timeout(240)]

COUNT: Final = 10_000
KILLED_AT: Final = 2_000
SOON_S: Final = 30.0
RECOVERED_S: Final = 90.0
PERSISTENT: Final = {"delivery_mode": 2}
ORDER: Final = {"order": {"id": 42}}
TYPED: Final = [{"name": "x-attempt", "type": "integer", "value": 1}, {"name": "placed", "type": "timestamp", "value": 1795000000}]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def rabbitmq() -> Iterator[RealRabbitMQ]:
    if find_rabbitmq_server() is None:
        pytest.skip(NEEDS_RABBITMQ)
    broker = RealRabbitMQ()
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def curl(tmp_path: Path) -> Iterator[Curl]:
    with server_process(tmp_path / "data", "--no-worker") as server:
        curl = Curl(server.url)
        curl.sign_in()
        until(lambda: curl.part("brokers")["state"] == "running", SOON_S)
        yield curl


@dataclass
class Shop:
    """A connection of the server, and what the tests do through it."""

    curl: Curl
    id: str

    def get(self, path: str) -> Any:
        return self.curl.json(f"/rabbitmq/{self.id}/{path}")

    def post(self, path: str, **body: Any) -> Any:
        return self.curl.json(f"/rabbitmq/{self.id}/{path}", body={"vhost": "/", **body})

    def job(self, id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.curl.json(f"/jobs/{id}")
        return job

    def over(self, job: dict[str, Any], limit_s: float = RECOVERED_S) -> dict[str, Any]:
        """Wait for a job's end."""
        ended: dict[str, Any] = until(lambda: (now := self.job(job["id"]))["state"] in {"done", "stopped", "failed"} and now, limit_s)
        return ended

    def events(self, filter: str) -> list[dict[str, Any]]:
        """Everything the journal has of a filter."""
        status, lines = self.curl("/events/export", "-G", "--data-urlencode", f"filter={filter}", timeout_s=60)
        assert status == 200, lines
        return [json.loads(line) for line in lines.splitlines()]

    def taken(self, queue: str, count: int) -> list[int]:
        """Consume so many numbered messages, and answer their numbers."""
        job = self.over(self.post("consume", queue=queue, limit=count))
        assert job["state"] == "done", job
        return [int(event["json"]) for event in self.events(job["filter"])]


def add(curl: Curl, broker: RealRabbitMQ) -> Shop:
    """Add a real broker by its URL, as the window does."""
    parsed = curl.json("/connections/parse", body={"url": broker.url})
    parsed["spec"]["name"] = "shop"
    parsed["spec"]["rabbitmq"]["management_url"] = "http://" + broker.management_url.rpartition("@")[2]
    return Shop(curl, curl.json("/connections", body=parsed)["id"])


# -- the whole way


@pytest.mark.real_broker
def test_curl_alone_adds_a_rabbitmq_and_publishes_taps_and_consumes(curl: Curl, rabbitmq: RealRabbitMQ) -> None:
    shop = add(curl, rabbitmq)
    report = curl.json(f"/connections/{shop.id}/test", "-X", "POST")
    outcomes = {result["step"]: result["outcome"] for result in report["results"]}
    assert set(outcomes.values()) <= {"passed", "skipped"}, report
    assert outcomes["login"] == outcomes["management"] == "passed"

    shop.post("exchanges", name="orders", type="topic")
    shop.post("queues", name="charge")
    shop.post("bindings", source="orders", destination="charge", routing_key="order.#")
    assert shop.post("route", exchange="orders", routing_key="order.paid")["queues"] == ["charge"]
    tap = shop.post("tap", exchange="orders")
    until(lambda: shop.job(tap["id"])["state"] == "running", SOON_S)

    message = {"exchange": "orders", "body": json.dumps(ORDER), "headers": TYPED, "properties": {**PERSISTENT, "message_id": "m-1"}}
    assert shop.post("publish", routing_key="order.paid", **message)["status"] == "confirmed"
    until(lambda: shop.job(tap["id"])["done"] == 1, SOON_S)
    assert shop.get("queue?vhost=%2F&name=charge")["ready"] == 1
    consumed = shop.over(shop.post("consume", queue="charge", limit=1))
    assert (consumed["state"], consumed["done"]) == ("done", 1)
    assert shop.get("queue?vhost=%2F&name=charge")["ready"] == 0
    curl.json(f"/jobs/{tap['id']}/stop", "-X", "POST")
    assert shop.post("publish", routing_key="nobody.wants.it", **message)["status"] == "returned"

    seen = shop.events('connection:shop kind:message key:"m-1"')
    assert [event["status"] for event in seen if event["status"] != "tapped"] == ["confirmed", "consumed", "returned"]
    (tapped,) = [event for event in seen if event["status"] == "tapped"]
    whole = curl.json(f"/events/{tapped['seq']}")
    assert whole["headers"]["headers"] == {"x-attempt": 1, "placed": 1795000000}
    assert whole["headers"]["types"] == {"placed": "timestamp"}
    assert json.loads(curl(f"/events/{tapped['seq']}/body")[1]) == ORDER


@pytest.mark.real_broker
def test_read_only_connection_is_watched_and_nothing_else(curl: Curl, rabbitmq: RealRabbitMQ) -> None:
    shop = add(curl, rabbitmq)
    connection = next(one for one in curl.json("/connections")["connections"] if one["id"] == shop.id)
    curl.json(f"/connections/{shop.id}", "-X", "PUT", body={"spec": {**connection["spec"], "read_only": True}})
    assert shop.get("overview")["management"] is True
    for path, body in (("publish", {"exchange": "", "routing_key": "q"}), ("queues", {"name": "q"}), ("consume", {"queue": "q"})):
        status, problem = curl(f"/rabbitmq/{shop.id}/{path}", body={"vhost": "/", **body})
        assert (status, json.loads(problem)["type"].rpartition(":")[2]) == (403, "connection-read-only"), path


# -- killed


@dataclass
class Victim:
    """A broker that is killed outright, and comes back."""

    shop: Shop
    kill: Callable[[], object]
    start: Callable[[], object]


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real_broker)])
def victim(request: pytest.FixtureRequest, curl: Curl) -> Victim:
    if request.param == "real":
        broker: RealRabbitMQ = request.getfixturevalue("rabbitmq")
        return Victim(add(curl, broker), broker.kill, broker.start)
    if sys.platform == "win32":
        pytest.skip("POSIX signals")
    return Victim(Shop(curl, "embedded"), lambda: os.kill(curl.part("brokers")["pid"], signal.SIGKILL), lambda: None)


def test_broker_is_killed_while_ten_thousand_are_published(victim: Victim) -> None:
    shop, queue = victim.shop, f"numbered-{next(_numbers)}"
    shop.post("queues", name=queue)
    message = {"vhost": "/", "exchange": "", "routing_key": queue, "body": "{{n}}", "properties": PERSISTENT}
    publish = shop.post("bulk", message=message, count=COUNT)
    until(lambda: shop.job(publish["id"])["done"] >= KILLED_AT, SOON_S)
    victim.kill()
    victim.start()
    job = shop.over(publish)
    counts = job["counts"]
    assert (job["state"], job["done"]) == ("done", COUNT), job
    assert counts["confirmed"] + counts["unconfirmed"] == COUNT, counts
    assert counts["unconfirmed"] > 0, "it was killed while messages were under way"

    confirmed = {int(event["json"]) for event in shop.events(f"{job['filter']} status:confirmed")}
    unconfirmed = {int(event["json"]) for event in shop.events(f"{job['filter']} status:unconfirmed")}
    assert len(confirmed) == counts["confirmed"]
    assert confirmed | unconfirmed == set(range(1, COUNT + 1))

    there = shop.taken(queue, shop.get(f"queue?vhost=%2F&name={queue}")["ready"])
    assert confirmed <= set(there), "confirmed messages are missing"
    again = shop.over(shop.post("bulk", message=message, count=1, resend_of=job["id"]))
    assert (again["state"], again["counts"]["confirmed"]) == ("done", len(unconfirmed))
    assert set(shop.taken(queue, len(unconfirmed))) == unconfirmed
