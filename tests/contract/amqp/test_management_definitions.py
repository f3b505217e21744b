"""The management API: definitions go out of one broker and into the other, and RabbitMQ's own command-line tool works with both."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.amqp.management import Api
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ

HASH = "PjAx+f/NQJ5w4xN0vrt38UlAypRf/l9H9icyOF/UwLFof/UG"
"""Of the password ``guest``."""
TOPOLOGY: dict[str, list[dict[str, Any]]] = {
    "queues": [
        {"name": "kept", "durable": True, "auto_delete": False, "arguments": {"x-message-ttl": 60_000, "x-dead-letter-exchange": "dead"}},
        {"name": "odd /ü", "durable": False, "auto_delete": True, "arguments": {}},
    ],
    "exchanges": [
        {"name": "dead", "type": "fanout", "durable": True, "auto_delete": False, "internal": False, "arguments": {}},
        {
            "name": "way",
            "type": "topic",
            "durable": True,
            "auto_delete": False,
            "internal": True,
            "arguments": {"alternate-exchange": "dead"},
        },
        {"name": "match", "type": "headers", "durable": False, "auto_delete": False, "internal": False, "arguments": {}},
    ],
    "bindings": [
        {"source": "way", "destination": "kept", "destination_type": "queue", "routing_key": "a.*", "arguments": {}},
        {"source": "way", "destination": "match", "destination_type": "exchange", "routing_key": "#", "arguments": {}},
        {
            "source": "match",
            "destination": "odd /ü",
            "destination_type": "queue",
            "routing_key": "",
            "arguments": {"x-match": "any", "n": 1, "s": "x", "b": True},
        },
    ],
}


def whole(vhost: str, user: str) -> dict[str, Any]:
    """Definitions of a broker with one virtual host."""
    return {
        "rabbit_version": "3.10.8",
        "users": [{"name": user, "password_hash": HASH, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ["management"]}],
        "vhosts": [{"name": vhost}],
        "permissions": [
            {"user": user, "vhost": vhost, "configure": "^c", "write": ".*", "read": ""},
            {"user": "guest", "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"},
        ],
        **{kind: [{**entry, "vhost": vhost} for entry in entries] for kind, entries in TOPOLOGY.items()},
    }


def ordered(definitions: dict[str, Any]) -> dict[str, Any]:
    """The topology in *definitions*, in one order and without what every broker says of itself."""
    return {kind: sorted(definitions[kind], key=repr) for kind in TOPOLOGY}


@pytest.fixture
def clear(api: Api, name: str) -> Iterator[None]:
    yield
    api.status("DELETE", "vhosts", name)
    api.status("DELETE", "users", f"{name}-user")


@pytest.mark.usefixtures("clear")
def test_definitions_come_out_as_they_went_in(api: Api, name: str) -> None:
    taken_in = whole(name, f"{name}-user")
    assert api.status("POST", "definitions", body=taken_in) == 204
    assert ordered(api.get("definitions", name)) == ordered(TOPOLOGY)
    given_out = api.get("definitions")
    for kind in ("queues", "exchanges", "bindings", "permissions"):
        assert all(entry in given_out[kind] for entry in taken_in[kind]), kind
    assert {"name": name} in [{"name": vhost["name"]} for vhost in given_out["vhosts"]]
    (user,) = [user for user in given_out["users"] if user["name"] == f"{name}-user"]
    assert {key: user[key] for key in taken_in["users"][0]} == taken_in["users"][0]
    for kind in ("topic_permissions", "parameters", "policies"):
        assert isinstance(given_out[kind], list)
    assert api.status("POST", "definitions", body=taken_in) == 204


@pytest.mark.usefixtures("clear")
def test_what_every_broker_has_and_what_is_exclusive_is_not_told(api: Api, name: str, queue: str) -> None:
    given_out = api.get("definitions")
    assert not [exchange for exchange in given_out["exchanges"] if exchange["name"].startswith("amq.") or not exchange["name"]]
    assert queue not in [one["name"] for one in given_out["queues"]]
    assert not [binding for binding in given_out["bindings"] if not binding["source"]]


@pytest.mark.usefixtures("clear")
def test_one_vhost_takes_in_what_another_gave_out(api: Api, name: str) -> None:
    api.status("PUT", "vhosts", name)
    assert api.status("POST", "definitions", name, body=TOPOLOGY) == 204
    copied = api.get("definitions", name)
    api.status("DELETE", "vhosts", name)
    api.status("PUT", "vhosts", name)
    assert api.status("POST", "definitions", name, body=copied) == 204
    assert ordered(api.get("definitions", name)) == ordered(TOPOLOGY)


@pytest.mark.usefixtures("clear")
def test_what_is_there_already_stays_as_it_is(api: Api, name: str) -> None:
    api.status("PUT", "vhosts", name)
    api.status("POST", "definitions", name, body=TOPOLOGY)
    other = {"queues": [{"name": "kept", "durable": False, "auto_delete": False, "arguments": {}}]}
    assert api.status("POST", "definitions", name, body=other) == 204
    assert ordered(api.get("definitions", name)) == ordered(TOPOLOGY)


def test_definitions_that_cannot_be_are_refused(api: Api) -> None:
    queue = {"name": "q", "vhost": "nope", "durable": True, "auto_delete": False, "arguments": {}}
    assert api.refusal("POST", "definitions", body={"queues": [queue]}) == (400, "bad_request", ["no_such_vhost", "nope"])
    assert api.refusal("POST", "definitions", body={"queues": [{"vhost": "/"}]})[:2] == (400, "bad_request")
    assert api.refusal("POST", "definitions", "nope", body={}) == (404, "not_found", "vhost_not_found")
    assert api.refusal("GET", "definitions", "nope") == (400, "bad_request", "vhost_not_found")


@pytest.fixture
def apis(embedded_broker: EmbeddedBroker, real_rabbitmq: RealRabbitMQ) -> Iterator[dict[str, Api]]:
    made = {"embedded": Api(embedded_broker.management_url), "real": Api(real_rabbitmq.management_url)}
    yield made
    for one in made.values():
        one.close()


@pytest.mark.real_broker
@pytest.mark.parametrize(("source", "target"), [("embedded", "real"), ("real", "embedded")])
def test_definitions_of_one_broker_go_into_the_other(apis: dict[str, Api], name: str, source: str, target: str) -> None:
    user = f"{name}-user"
    giver, taker = apis[source], apis[target]
    giver.status("POST", "definitions", body=whole(name, user))
    assert taker.status("POST", "definitions", body=giver.get("definitions")) == 204
    assert ordered(taker.get("definitions", name)) == ordered(TOPOLOGY)
    assert taker.get("permissions", name, user)["configure"] == "^c"
    as_user = Api(taker.base, user, "guest")
    assert as_user.get("whoami")["tags"] == ["management"]
    as_user.close()
    for one in apis.values():
        one.status("DELETE", "vhosts", name)
        one.status("DELETE", "users", user)


Admin = Callable[..., str]


@pytest.fixture(scope="session")
def script(real_rabbitmq: RealRabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RabbitMQ's own ``rabbitmqadmin``, as a node serves it."""
    base = httpx.URL(real_rabbitmq.management_url)
    file = tmp_path_factory.mktemp("rabbitmqadmin") / "rabbitmqadmin"
    file.write_text(httpx.get(f"http://{base.host}:{base.port}/cli/rabbitmqadmin").text)
    return file


@pytest.fixture
def admin(broker: EmbeddedBroker | RealRabbitMQ, script: Path) -> Admin:
    port = str(httpx.URL(broker.management_url).port)

    def run(*arguments: str) -> str:
        command = [sys.executable, "-W", "ignore", str(script), "-H", "127.0.0.1", "-P", port, "-f", "tsv", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    return run


@pytest.mark.real_broker
def test_rabbitmqadmin_works(admin: Admin, name: str, tmp_path: Path) -> None:
    assert "rabbitmq_version" in admin("show", "overview")
    assert admin("declare", "vhost", f"name={name}") == "vhost declared"
    there = ("-V", name)
    assert admin(*there, "declare", "queue", "name=q", "durable=false") == "queue declared"
    assert admin(*there, "declare", "exchange", "name=x", "type=topic") == "exchange declared"
    assert admin(*there, "declare", "binding", "source=x", "destination=q", "routing_key=a.#") == "binding declared"
    assert admin(*there, "publish", "exchange=x", "routing_key=a.b", "payload=hello") == "Message published"
    assert "hello" in admin(*there, "get", "queue=q", "ackmode=ack_requeue_true")
    assert admin(*there, "list", "queues", "name").splitlines() == ["name", "q"]
    assert "x\tq\ta.#" in admin(*there, "list", "bindings")
    assert admin(*there, "purge", "queue", "name=q") == "queue purged"
    file = tmp_path / "definitions.json"
    assert admin(*there, "export", str(file)).startswith("Exported definitions")
    gone = ("source=x", "destination_type=queue", "destination=q", "properties_key=a.%23")
    assert admin(*there, "delete", "binding", *gone) == "binding deleted"
    assert admin(*there, "delete", "queue", "name=q") == "queue deleted"
    assert admin(*there, "delete", "exchange", "name=x") == "exchange deleted"
    admin(*there, "import", str(file))
    assert "x\tq\ta.#" in admin(*there, "list", "bindings")
    user = f"name={name}-user"
    assert admin("declare", "user", user, "password=x", "tags=monitoring") == "user declared"
    assert admin("declare", "permission", f"vhost={name}", f"user={name}-user", "configure=.*", "write=.*", "read=.*")
    assert f"{name}-user" in admin("list", "users", "name")
    assert admin("delete", "user", user) == "user deleted"
    assert admin("delete", "vhost", f"name={name}") == "vhost deleted"
