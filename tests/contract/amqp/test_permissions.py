"""Virtual hosts and users: who may connect, and who may do what."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ConnectionClosedByBroker, ProbableAccessDeniedError, ProbableAuthenticationError

from tests.contract.amqp.client import Client, channel_error, connection_error, get, publish, settle, wait_for
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ

VHOST = "walled"
Act = Callable[[BlockingChannel], object]


class Realm:
    """Users and permissions of one virtual host, set through the management API."""

    def __init__(self, http: httpx.Client, vhost: str) -> None:
        self.http = http
        self.vhost = vhost
        self.users = 0

    def put(self, path: str, body: dict[str, Any]) -> None:
        self.http.put(f"/api/{path}", json=body).raise_for_status()

    def user(self, configure: str = "", write: str = "", read: str = "", tags: str = "") -> str:
        """A fresh user with these permissions; the password is the name."""
        self.users += 1
        name = f"user-{self.users}"
        self.put(f"users/{name}", {"password": name, "tags": tags})
        self.put(f"permissions/{self.vhost}/{name}", {"configure": configure, "write": write, "read": read})
        return name


@pytest.fixture(scope="module")
def realm(broker: EmbeddedBroker | RealRabbitMQ) -> Iterator[Realm]:
    with httpx.Client(base_url=broker.management_url) as http:
        made = Realm(http, VHOST)
        made.put(f"vhosts/{VHOST}", {})
        made.put(f"permissions/{VHOST}/guest", {"configure": ".*", "write": ".*", "read": ".*"})
        yield made
        for number in range(made.users):
            http.delete(f"/api/users/user-{number + 1}")
        http.delete(f"/api/vhosts/{VHOST}").raise_for_status()


def publish_and_wait(channel: BlockingChannel, key: str, exchange: str = "") -> None:
    publish(channel, key, b"x", exchange=exchange)
    settle(channel)


def enter(client: Client, user: str, vhost: str = VHOST) -> pika.BlockingConnection:
    return client.connect(virtual_host=vhost, credentials=pika.PlainCredentials(user, user))


@pytest.fixture
def owner(realm: Realm, client: Client) -> BlockingChannel:
    """A channel of guest, who may do everything."""
    return client.channel(virtual_host=realm.vhost)


def refusal(kind: str, name: str, user: str) -> tuple[int, str]:
    return 403, f"ACCESS_REFUSED - access to {kind} '{name}' in vhost '{VHOST}' refused for user '{user}'"


def test_a_user_may_enter_only_where_permitted(realm: Realm, client: Client) -> None:
    user = realm.user()
    enter(client, user)
    with pytest.raises(ProbableAccessDeniedError) as raised:
        enter(client, user, "/")
    assert f"(530) \"NOT_ALLOWED - access to vhost '/' refused for user '{user}'\"" in str(raised.value)


def test_a_vhost_that_is_not_there(realm: Realm, client: Client) -> None:
    with pytest.raises(ProbableAccessDeniedError) as raised:
        enter(client, realm.user(), "elsewhere")
    assert "(530) 'NOT_ALLOWED - vhost elsewhere not found'" in str(raised.value)


def test_a_user_without_password_cannot_enter(realm: Realm, client: Client) -> None:
    realm.user()
    realm.put("users/user-0", {"password_hash": "", "tags": ""})
    for password in ("", "user-0"):
        with pytest.raises(ProbableAuthenticationError):
            client.connect(virtual_host=VHOST, credentials=pika.PlainCredentials("user-0", password))
    realm.http.delete("/api/users/user-0").raise_for_status()


def test_queues_of_two_vhosts_are_strangers(client: Client, owner: BlockingChannel, name: str) -> None:
    owner.queue_declare(name, exclusive=True)
    other = client.channel()
    expected = (404, f"NOT_FOUND - no queue '{name}' in vhost '/'")
    assert channel_error(lambda: other.queue_declare(name, passive=True)) == expected


def refused(user: str, act: Act, client: Client) -> tuple[int, str]:
    channel = enter(client, user).channel()
    return channel_error(partial(act, channel))


@pytest.mark.parametrize(
    ("act", "kind", "name"),
    [
        (lambda c: c.queue_declare("q"), "queue", "q"),
        (lambda c: c.queue_declare("q\r\n"), "queue", "q"),
        (lambda c: c.queue_delete("q"), "queue", "q"),
        (lambda c: c.exchange_declare("x", "fanout"), "exchange", "x"),
        (lambda c: c.exchange_declare("amq.direct", "direct", durable=True), "exchange", "amq.direct"),
        (lambda c: c.exchange_delete("x"), "exchange", "x"),
        (lambda c: c.queue_bind("q", "amq.direct", "k"), "queue", "q"),
        (lambda c: c.queue_unbind("q", "amq.direct", "k"), "queue", "q"),
        (lambda c: c.exchange_bind("amq.fanout", "amq.direct", "k"), "exchange", "amq.fanout"),
        (lambda c: c.exchange_unbind("amq.fanout", "amq.direct", "k"), "exchange", "amq.fanout"),
        (lambda c: c.exchange_bind("", "amq.direct", "k"), "exchange", "amq.default"),
        (lambda c: c.basic_get("q"), "queue", "q"),
        (lambda c: c.basic_consume("q", print), "queue", "q"),
        (lambda c: c.queue_purge("q"), "queue", "q"),
        (lambda c: publish_and_wait(c, "q"), "exchange", "amq.default"),
        (lambda c: publish_and_wait(c, "q", "amq.direct"), "exchange", "amq.direct"),
        (lambda c: publish_and_wait(c, "q", "none"), "exchange", "none"),
    ],
)
def test_without_permissions_nothing_may_be_done(realm: Realm, client: Client, act: Act, kind: str, name: str) -> None:
    user = realm.user()
    assert refused(user, act, client) == refusal(kind, name, user)


def test_looking_needs_no_permission(realm: Realm, client: Client, owner: BlockingChannel, name: str) -> None:
    owner.queue_declare(name)
    channel = enter(client, realm.user()).channel()
    channel.queue_declare(name, passive=True)
    channel.exchange_declare("amq.direct", passive=True)
    owner.queue_delete(name)


@pytest.mark.parametrize(
    ("permissions", "act", "kind", "name"),
    [
        ({"write": "^q$"}, lambda c: c.queue_bind("q", "amq.direct", "k"), "exchange", "amq.direct"),
        ({"read": "^amq"}, lambda c: c.queue_bind("q", "amq.direct", "k"), "queue", "q"),
        ({"configure": "^q$"}, lambda c: c.queue_declare("q", arguments={"x-dead-letter-exchange": "x"}), "queue", "q"),
        ({"configure": "^q$", "read": "^q$"}, lambda c: c.queue_declare("q", arguments={"x-dead-letter-exchange": "x"}), "exchange", "x"),
        ({"configure": "^x$"}, lambda c: c.exchange_declare("x", arguments={"alternate-exchange": "y"}), "exchange", "x"),
        ({"configure": "^x$", "read": "^x$"}, lambda c: c.exchange_declare("x", arguments={"alternate-exchange": "y"}), "exchange", "y"),
        ({"configure": "^q1$"}, lambda c: (c.queue_declare("q1", exclusive=True), c.queue_declare("q2")), "queue", "q2"),
    ],
)
def test_what_is_missing_is_named(realm: Realm, client: Client, permissions: dict[str, str], act: Act, kind: str, name: str) -> None:
    user = realm.user(**permissions)
    assert refused(user, act, client) == refusal(kind, name, user)


def test_what_is_permitted_works(realm: Realm, client: Client) -> None:
    mine = "^mine"
    channel = enter(client, realm.user(mine, f"{mine}|^amq\\.default$", mine)).channel()
    channel.queue_declare("mine.q", exclusive=True, arguments={"x-dead-letter-exchange": "mine.x"})
    channel.exchange_declare("mine.x", "topic", auto_delete=True)
    channel.queue_bind("mine.q", "mine.x", "#")
    publish(channel, "k", b"1", exchange="mine.x")
    publish(channel, "mine.q", b"2")
    assert [get(channel, "mine.q")[2] for _ in range(2)] == [b"1", b"2"]
    channel.queue_purge("mine.q")
    channel.queue_delete("mine.q")


def test_server_named_queues_have_names_to_permit(realm: Realm, client: Client) -> None:
    channel = enter(client, realm.user("^amq\\.gen")).channel()
    assert channel.queue_declare("", exclusive=True).method.queue.startswith("amq.gen-")
    user = realm.user("^q")
    code, text = refused(user, lambda c: c.queue_declare(""), client)
    assert code == 403
    assert text.startswith("ACCESS_REFUSED - access to queue 'amq.gen-")


def test_topics_may_be_limited(realm: Realm, client: Client) -> None:
    everything = ".*"
    user = realm.user(everything, everything, everything)
    limits = {"user": user, "vhost": VHOST, "exchange": "amq.topic", "write": "^{username}\\.", "read": "^public\\."}
    realm.http.post("/api/definitions", json={"topic_permissions": [limits]}).raise_for_status()
    channel = enter(client, user).channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "amq.topic", "public.#")
    publish(channel, f"{user}.x", b"x", exchange="amq.topic")
    publish(channel, "anything", b"x", exchange="amq.direct")
    settle(channel)
    where = f"in exchange 'amq.topic' in vhost '{VHOST}' refused for user '{user}'"
    expected = (403, f"ACCESS_REFUSED - access to topic 'private' {where}")
    assert refused(user, lambda c: c.queue_bind(queue, "amq.topic", "private"), client) == expected
    expected = (403, f"ACCESS_REFUSED - access to topic 'other.x' {where}")
    assert refused(user, lambda c: publish_and_wait(c, "other.x", "amq.topic"), client) == expected


def test_an_impersonator_may_publish_in_other_names(realm: Realm, client: Client) -> None:
    everything = ".*"
    channel = enter(client, realm.user(everything, everything, everything, tags="impersonator")).channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    publish(channel, queue, b"x", user_id="somebody")
    assert get(channel, queue)[1].user_id == "somebody"


def test_new_permissions_count_for_new_channels(realm: Realm, client: Client) -> None:
    user = realm.user()
    connection = enter(client, user)
    assert channel_error(lambda: connection.channel().queue_declare("q")) == refusal("queue", "q", user)
    realm.put(f"permissions/{VHOST}/{user}", {"configure": "^q$", "write": "", "read": ""})
    connection.channel().queue_declare("q", exclusive=True)


def test_connections_of_a_deleted_user_are_closed(realm: Realm, client: Client) -> None:
    user = realm.user()
    channel = enter(client, user).channel()
    realm.http.delete(f"/api/users/{user}").raise_for_status()
    expected = (320, f"CONNECTION_FORCED - user '{user}' is deleted")
    assert connection_error(lambda: wait_for(channel, lambda: False, "the end")) == expected
    with pytest.raises(ProbableAuthenticationError):
        enter(client, user)


def test_a_deleted_vhost_takes_its_queues_and_connections_along(realm: Realm, client: Client) -> None:
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    realm.put("vhosts/doomed", {})
    realm.put("permissions/doomed/guest", everything)
    channel = client.channel(virtual_host="doomed")
    channel.queue_declare("q", durable=True)
    realm.http.delete("/api/vhosts/doomed").raise_for_status()
    with pytest.raises(ConnectionClosedByBroker) as raised:
        wait_for(channel, lambda: False, "the end")
    assert raised.value.reply_code == 320
    # RabbitMQ's connection may hear that the virtual host's processes are gone before it hears why.
    assert raised.value.reply_text in {f"CONNECTION_FORCED - vhost 'doomed' is {word}" for word in ("deleted", "down")}
    realm.put("vhosts/doomed", {})
    realm.put("permissions/doomed/guest", everything)
    fresh = client.channel(virtual_host="doomed")
    assert channel_error(lambda: fresh.queue_declare("q", passive=True))[0] == 404
    realm.http.delete("/api/vhosts/doomed").raise_for_status()
