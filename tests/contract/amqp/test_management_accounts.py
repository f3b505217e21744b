"""The management API: virtual hosts, users and what they may do."""

from collections.abc import Callable, Iterator

import httpx
import pika
import pytest
from pika.exceptions import ConnectionClosedByBroker

from tests.contract.amqp.client import Client, connection_error
from tests.contract.amqp.management import NOT_FOUND, REFUSED, Api
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ

AsUser = Callable[[str], Api]


@pytest.fixture
def vhost(api: Api, name: str) -> Iterator[str]:
    assert api.status("PUT", "vhosts", name) == 201
    yield name
    api.status("DELETE", "vhosts", name)


@pytest.fixture
def as_user(broker: EmbeddedBroker | RealRabbitMQ, api: Api, name: str) -> Iterator[AsUser]:
    """Makes a user with the tags given, and a client that is them."""
    made: list[Api] = []

    def make(tags: str) -> Api:
        user = f"{name}-{len(made)}"
        assert api.status("PUT", "users", user, body={"password": "secret", "tags": tags}) == 201
        made.append(Api(broker.management_url, user, "secret"))
        return made[-1]

    yield make
    for number, one in enumerate(made):
        one.close()
        api.status("DELETE", "users", f"{name}-{number}")


def test_vhost_is_made_once_and_told_as_it_is(api: Api, name: str) -> None:
    assert api.status("PUT", "vhosts", name, body={"description": "for tests", "tags": "a,b", "tracing": True}) == 201
    assert api.status("PUT", "vhosts", name, body={"description": "for tests", "tags": "a,b"}) == 204
    told = api.get("vhosts", name)
    facts = {key: told[key] for key in ("name", "description", "tags", "tracing", "metadata")}
    assert facts == {
        "name": name,
        "description": "for tests",
        "tags": ["a", "b"],
        "tracing": True,
        "metadata": {"description": "for tests", "tags": ["a", "b"]},
    }
    assert api.status("PUT", "vhosts", name, body={"tracing": False}) == 204
    assert api.get("vhosts", name)["tracing"] is False
    assert name in [one["name"] for one in api.get("vhosts")]
    assert api.status("DELETE", "vhosts", name) == 204
    assert api.refusal("DELETE", "vhosts", name) == NOT_FOUND


def test_who_makes_a_vhost_may_do_everything_in_it(api: Api, vhost: str) -> None:
    everything = {"user": "guest", "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
    assert api.get("permissions", vhost, "guest") == everything
    assert api.get("vhosts", vhost, "permissions") == [everything]
    assert everything in api.get("permissions")


def test_deleting_a_vhost_ends_its_connections(api: Api, client: Client, name: str) -> None:
    api.status("PUT", "vhosts", name)
    connection = client.connect(virtual_host=name)
    connection.channel().queue_declare("q")
    assert api.status("DELETE", "vhosts", name) == 204
    code, text = connection_error(lambda: connection.process_data_events(time_limit=10))
    assert code == 320
    assert text.startswith(f"CONNECTION_FORCED - vhost '{name}' is ")  # deleted, or already down: RabbitMQ says either
    assert api.refusal("GET", "queues", name) == NOT_FOUND


def test_user_is_made_changed_and_deleted(api: Api, broker: EmbeddedBroker | RealRabbitMQ, name: str) -> None:
    assert api.status("PUT", "users", name, body={"password": "one", "tags": "monitoring,mine"}) == 201
    told = api.get("users", name)
    assert (told["name"], told["tags"], told["hashing_algorithm"]) == (name, ["monitoring", "mine"], "rabbit_password_hashing_sha256")
    user = Api(broker.management_url, name, "one")
    assert user.get("whoami") == {"name": name, "tags": ["monitoring", "mine"]}
    assert api.status("PUT", "users", name, body={"password": "two", "tags": ["management"]}) == 204
    assert user.status("GET", "whoami") == 401
    user.close()
    assert name in [one["name"] for one in api.get("users")]
    assert api.status("DELETE", "users", name) == 204
    assert api.refusal("DELETE", "users", name) == NOT_FOUND


def test_password_may_come_hashed(api: Api, broker: EmbeddedBroker | RealRabbitMQ, name: str) -> None:
    hashed = "PjAx+f/NQJ5w4xN0vrt38UlAypRf/l9H9icyOF/UwLFof/UG"  # guest
    body = {"password_hash": hashed, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "administrator"}
    assert api.status("PUT", "users", name, body=body) == 201
    user = Api(broker.management_url, name, "guest")
    assert user.get("whoami")["name"] == name
    user.close()
    api.status("DELETE", "users", name)


def test_user_without_tags_in_the_body_is_refused(api: Api, name: str) -> None:
    assert api.refusal("PUT", "users", name, body={"password": "x"}) == (400, "bad_request", "tags_not_present")


def test_permissions_are_set_told_and_taken_back(api: Api, as_user: AsUser, vhost: str) -> None:
    user = as_user("management").get("whoami")["name"]
    body = {"configure": "^c", "write": "^w", "read": "^r"}
    assert api.status("PUT", "permissions", vhost, user, body=body) == 201
    assert api.status("PUT", "permissions", vhost, user, body=body) == 204
    assert api.get("permissions", vhost, user) == {"user": user, "vhost": vhost, **body}
    assert api.get("users", user, "permissions") == [{"user": user, "vhost": vhost, **body}]
    assert api.status("DELETE", "permissions", vhost, user) == 204
    assert api.refusal("DELETE", "permissions", vhost, user) == NOT_FOUND


def test_permissions_need_a_user_a_vhost_and_patterns(api: Api, vhost: str) -> None:
    body = {"configure": "", "write": "", "read": ""}
    refused = (400, "bad_request", "vhost_or_user_not_found")
    assert api.refusal("PUT", "permissions", vhost, "nobody", body=body) == refused
    assert api.refusal("PUT", "permissions", "nope", "guest", body=body) == refused
    refusal = api.refusal("PUT", "permissions", vhost, "guest", body={"configure": "", "write": ""})
    assert refusal == (400, "bad_request", "[{key_missing,read}]")
    status, error, reason = api.refusal("PUT", "permissions", vhost, "guest", body={**body, "read": "("})
    assert (status, error, reason[0]) == (400, "bad_request", "invalid_regexp")


def test_topic_permissions_are_set_told_and_taken_back(api: Api, as_user: AsUser, vhost: str) -> None:
    user = as_user("management").get("whoami")["name"]
    path = ("topic-permissions", vhost, user)
    assert api.refusal("GET", *path) == api.refusal("DELETE", *path) == NOT_FOUND
    rows = [{"exchange": exchange, "write": "^w", "read": "^r"} for exchange in ("amq.topic", "nosuch")]
    assert [api.status("PUT", *path, body=row) for row in (*rows, rows[0])] == [201, 204, 204]
    expected = [{"user": user, "vhost": vhost, **row} for row in rows]
    for listed in (path, ("users", user, "topic-permissions"), ("vhosts", vhost, "topic-permissions")):
        assert sorted(api.get(*listed), key=lambda row: str(row["exchange"])) == expected
    assert expected[0] in api.get("topic-permissions")
    assert api.status("DELETE", *path, "nosuch") == 204
    assert api.get(*path) == expected[:1]
    assert api.status("DELETE", *path) == 204
    assert api.refusal("GET", *path) == NOT_FOUND


def test_topic_permissions_need_a_user_a_vhost_and_patterns(api: Api, vhost: str) -> None:
    body = {"exchange": "amq.topic", "write": "", "read": ""}
    refused = (400, "bad_request", "vhost_or_user_not_found")
    assert api.refusal("PUT", "topic-permissions", vhost, "nobody", body={}) == refused
    assert api.refusal("PUT", "topic-permissions", "nope", "guest", body=body) == refused
    for missing in body:
        told = {key: value for key, value in body.items() if key != missing}
        assert api.refusal("PUT", "topic-permissions", vhost, "guest", body=told) == (400, "bad_request", f"[{{key_missing,{missing}}}]")
    status, error, reason = api.refusal("PUT", "topic-permissions", vhost, "guest", body={**body, "read": "("})
    assert (status, error, reason[0]) == (400, "bad_request", "invalid_regexp")
    for path in (("users", "nobody"), ("vhosts", "nope")):
        assert api.refusal("GET", *path, "topic-permissions") == NOT_FOUND


def test_api_does_nothing_that_the_user_may_not(api: Api, as_user: AsUser, vhost: str) -> None:
    user = as_user("management")
    outside = (401, "not_authorised", "User not authorised to access virtual host")
    assert user.refusal("GET", "queues", vhost) == outside
    assert user.refusal("PUT", "queues", vhost, "c1", body={}) == outside
    assert user.get("vhosts") == []
    permissions = {"configure": "^c", "write": "^w", "read": "^r"}
    api.status("PUT", "permissions", vhost, user.get("whoami")["name"], body=permissions)
    assert user.status("PUT", "queues", vhost, "c1", body={}) == 201
    assert user.refusal("PUT", "queues", vhost, "x1", body={}) == REFUSED
    assert user.status("PUT", "exchanges", vhost, "cx", body={"type": "direct"}) == 201
    assert user.refusal("POST", "bindings", vhost, "e", "cx", "q", "c1", body={}) == REFUSED
    assert user.refusal("DELETE", "queues", vhost, "c1", "contents") == REFUSED
    name = user.get("whoami")["name"]
    message = {"properties": {}, "routing_key": "c1", "payload": "x", "payload_encoding": "string"}
    reason = f"403 ACCESS_REFUSED - access to exchange 'cx' in vhost '{vhost}' refused for user '{name}'"
    assert user.refusal("POST", "exchanges", vhost, "cx", "publish", body=message) == (400, "bad_request", reason)
    fetch = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
    reason = f"ACCESS_REFUSED - access to queue 'c1' in vhost '{vhost}' refused for user '{name}'"
    assert user.refusal("POST", "queues", vhost, "c1", "get", body=fetch) == (401, "not_authorised", reason)
    assert [one["name"] for one in user.get("vhosts")] == [vhost]
    assert [one["name"] for one in user.get("queues")] == ["c1"]


@pytest.mark.parametrize(
    ("tags", "path", "reason"),
    [
        ("", "whoami", "Not management user"),
        ("management", "nodes", "Not monitor user"),
        ("monitoring", "users", "Not administrator user"),
        ("monitoring", "definitions", "Not administrator user"),
        ("management", "permissions", "Not administrator user"),
    ],
)
def test_tags_open_the_doors(as_user: AsUser, tags: str, path: str, reason: str) -> None:
    assert as_user(tags).refusal("GET", path) == (401, "not_authorised", reason)


@pytest.mark.parametrize(("tags", "path"), [("monitoring", "nodes"), ("management", "overview"), ("policymaker", "queues")])
def test_tags_let_in(as_user: AsUser, tags: str, path: str) -> None:
    assert as_user(tags).status("GET", path) == 200


def test_only_a_monitor_sees_the_connections_of_others(api: Api, as_user: AsUser, connection: pika.BlockingConnection) -> None:
    api.wait(lambda found: len(found) > 0, "connections")
    assert as_user("monitoring").get("connections") != []
    assert as_user("management").get("connections") == []


def test_login_is_needed_and_must_be_right(broker: EmbeddedBroker | RealRabbitMQ, api: Api) -> None:
    wrong = Api(broker.management_url, "guest", "wrong")
    assert wrong.refusal("GET", "overview") == (401, "not_authorized", "Login failed")
    wrong.close()
    response = httpx.get(f"{api.base}overview")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert response.content == b""


def test_user_who_is_deleted_is_cut_off(api: Api, client: Client, name: str) -> None:
    api.status("PUT", "users", name, body={"password": "x", "tags": ""})
    api.status("PUT", "permissions", "/", name, body={"configure": ".*", "write": ".*", "read": ".*"})
    connection = client.connect(credentials=pika.PlainCredentials(name, "x"))
    assert api.status("DELETE", "users", name) == 204
    with pytest.raises(ConnectionClosedByBroker) as raised:
        connection.process_data_events(time_limit=10)
    assert raised.value.reply_code == 320
