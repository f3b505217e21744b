"""Users, passwords and permissions, and that they outlive the broker."""

from pathlib import Path

import pytest

from embedded_server.brokers.amqp.accounts import MemoryAccounts, SqliteAccounts
from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.errors import AmqpError
from embedded_server.brokers.amqp.passwords import BadPasswordHash, hashed
from embedded_server.brokers.amqp.permissions import InvalidPattern, Kind, Operation, Permissions, TopicPermissions
from embedded_server.brokers.amqp.stores import FolderStores
from embedded_server.brokers.amqp.users import NoSuchUser, Users
from embedded_server.brokers.sqlite_errors import StoreInUse

# What a real RabbitMQ keeps for the password "test12" (its documentation's example).
KNOWN_HASH = "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


@pytest.fixture
def users() -> Users:
    accounts = MemoryAccounts()
    return Users(accounts, accounts.load())


def test_there_is_guest_at_first(users: Users) -> None:
    (guest,) = users.all()
    assert (guest.name, guest.tags) == ("guest", ("administrator",))
    assert users.authenticate("guest", "guest") == guest
    assert users.permissions("guest", "/") == Permissions(".*", ".*", ".*")


@pytest.mark.parametrize(("name", "password"), [("guest", "wrong"), ("guest", ""), ("nobody", "guest"), ("guest", "\udcff")])
def test_wrong_credentials(users: Users, name: str, password: str) -> None:
    assert users.authenticate(name, password) is None


def test_a_hash_of_rabbitmq_is_understood(users: Users) -> None:
    users.put("u", password_hash=KNOWN_HASH)
    assert users.authenticate("u", "test12") is not None
    assert users.authenticate("u", "test13") is None


def test_a_user_without_password_cannot_log_in(users: Users) -> None:
    users.put("u")
    assert users.authenticate("u", "") is None


@pytest.mark.parametrize(
    ("secret", "hashing"),
    [("no base64!", "rabbit_password_hashing_sha256"), (hashed("x"), "rot13"), ("AAAA", "")],
    ids=["not base64", "unknown hashing", "too short"],
)
def test_impossible_hashes_are_refused(users: Users, secret: str, hashing: str) -> None:
    with pytest.raises(BadPasswordHash):
        users.put("u", password_hash=secret, hashing=hashing)


def test_hashes_are_salted() -> None:
    assert hashed("x") != hashed("x")


def test_everything_allowed_costs_nothing(users: Users) -> None:
    assert users.access("guest", "/") is None


@pytest.mark.parametrize(
    ("operation", "kind", "name", "allowed"),
    [
        (Operation.CONFIGURE, Kind.QUEUE, "mine.1", True),
        (Operation.CONFIGURE, Kind.QUEUE, "yours", False),
        (Operation.WRITE, Kind.EXCHANGE, "", True),
        (Operation.WRITE, Kind.EXCHANGE, "amq.direct", False),
        (Operation.READ, Kind.QUEUE, "anything", False),
    ],
)
def test_permissions_are_patterns(users: Users, operation: Operation, kind: Kind, name: str, allowed: bool) -> None:
    users.put("u", password="p")
    users.set_permissions("u", "/", Permissions("^mine", r"^amq\.default$", ""))
    access = users.access("u", "/")
    assert access is not None
    if allowed:
        for _ in range(2):
            access.require(operation, kind, name)
        return
    with pytest.raises(AmqpError, match=f"^ACCESS_REFUSED - access to {kind} '{name}' in vhost '/' refused for user 'u'$"):
        access.require(operation, kind, name)


def test_topic_permissions_may_name_the_user(users: Users) -> None:
    users.set_topic_permissions("guest", "/", "t", TopicPermissions(r"^{username}\.", "^$"))
    access = users.access("guest", "/")
    assert access is not None
    access.require_topic(Operation.WRITE, "t", "guest.x")
    access.require_topic(Operation.WRITE, "other exchange", "x")
    expected = "^ACCESS_REFUSED - access to topic 'x' in exchange 't' in vhost '/' refused for user 'guest'$"
    with pytest.raises(AmqpError, match=expected):
        access.require_topic(Operation.WRITE, "t", "x")
    users.clear_topic_permissions("guest", "/")
    assert users.access("guest", "/") is None


def test_a_pattern_must_compile(users: Users) -> None:
    with pytest.raises(InvalidPattern):
        users.set_permissions("guest", "/", Permissions("(", "", ""))
    assert users.permissions("guest", "/") == Permissions()


def test_unknown_users_are_told(users: Users) -> None:
    for act in (users.get, users.remove, lambda name: users.set_permissions(name, "/", Permissions())):
        with pytest.raises(NoSuchUser):
            act("nobody")


def test_changes_are_told(users: Users) -> None:
    told: list[int] = []
    users.on_change.append(lambda: told.append(1))
    users.put("u", password="p")
    users.set_permissions("u", "/", Permissions())
    users.clear_permissions("u", "/")
    users.clear_permissions("u", "/")
    users.remove("u")
    assert len(told) == 4


class TestKept:
    """Over a restart."""

    @staticmethod
    def broker(folder: Path) -> Broker:
        return Broker(stores=FolderStores(folder), accounts=SqliteAccounts(folder / "accounts.sqlite3"))

    def test_users_permissions_and_vhosts_are_there_again(self, tmp_path: Path) -> None:
        broker = self.broker(tmp_path)
        broker.add_vhost("ü/v", description="mine", tags=["a", "a", "b"])
        broker.set_tracing("ü/v", on=True)
        broker.users.put("u", password="p", tags=["monitoring"])
        broker.users.set_permissions("u", "ü/v", Permissions("a", "b", "c"))
        broker.users.set_topic_permissions("u", "ü/v", "t", TopicPermissions("d", "e"))
        broker.close()
        broker = self.broker(tmp_path)
        vhost = broker.vhosts["ü/v"]
        assert (vhost.description, vhost.tags, vhost.tracing) == ("mine", ("a", "b"), True)
        user = broker.users.authenticate("u", "p")
        assert user is not None
        assert user.tags == ("monitoring",)
        assert broker.users.permissions("u", "ü/v") == Permissions("a", "b", "c")
        assert broker.users.all_topic_permissions() == [("u", "ü/v", "t", TopicPermissions("d", "e"))]
        broker.close()

    def test_what_was_deleted_stays_away(self, tmp_path: Path) -> None:
        broker = self.broker(tmp_path)
        broker.add_vhost("v")
        broker.vhosts["v"].declare_queue("q", None, durable=True, exclusive=False, auto_delete=False, arguments={})
        broker.users.set_permissions("guest", "v", Permissions())
        broker.end_turn()
        broker.delete_vhost("v")
        broker.delete_user("guest")
        broker.close()
        broker = self.broker(tmp_path)
        assert list(broker.vhosts) == ["/"]
        assert broker.users.all() == []
        assert broker.users.all_permissions() == []
        assert broker.add_vhost("v").queues == {}
        broker.close()

    def test_each_vhost_keeps_its_own(self, tmp_path: Path) -> None:
        broker = self.broker(tmp_path)
        for name in ("/", "v"):
            broker.add_vhost(name).declare_queue(f"q of {name}", None, durable=True, exclusive=False, auto_delete=False, arguments={})
        broker.close()
        broker = self.broker(tmp_path)
        assert {name: list(vhost.queues) for name, vhost in broker.vhosts.items()} == {"/": ["q of /"], "v": ["q of v"]}
        broker.close()

    def test_one_broker_a_folder(self, tmp_path: Path) -> None:
        broker = self.broker(tmp_path)
        with pytest.raises(StoreInUse):
            self.broker(tmp_path)
        broker.close()

    def test_a_damaged_file_is_set_aside(self, tmp_path: Path) -> None:
        (tmp_path / "accounts.sqlite3").write_bytes(b"no database" * 1000)
        broker = self.broker(tmp_path)
        assert broker.users.authenticate("guest", "guest")
        assert list(tmp_path.glob("accounts.sqlite3.damaged-*"))
        broker.close()
