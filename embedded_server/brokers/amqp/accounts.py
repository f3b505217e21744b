"""Where users, permissions and the list of virtual hosts outlive the broker: one small SQLite file beside the stores.

Changes are rare and written at once. A file that is damaged is set aside, and the broker begins with RabbitMQ's defaults.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from embedded_server.brokers.amqp.passwords import HASHING, hashed
from embedded_server.brokers.sqlite_file import open_or_set_aside

SCHEMA_VERSION: Final = 1
LOST: Final = "The broker's file of users is damaged (%s); it was set aside as %s, and there is only the user guest"
DEFAULT_VHOST: Final = "/"
DEFAULT_USER: Final = "guest"
ADMINISTRATOR: Final = "administrator"

_SCHEMA: Final = f"""
CREATE TABLE vhost (name TEXT PRIMARY KEY, description TEXT NOT NULL, tags TEXT NOT NULL, tracing INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE user (name TEXT PRIMARY KEY, password_hash TEXT NOT NULL, hashing TEXT NOT NULL, tags TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE permission (
    user TEXT NOT NULL, vhost TEXT NOT NULL, configure TEXT NOT NULL, write TEXT NOT NULL, read TEXT NOT NULL, PRIMARY KEY (user, vhost)
) WITHOUT ROWID;
CREATE TABLE topic_permission (
    user TEXT NOT NULL, vhost TEXT NOT NULL, exchange TEXT NOT NULL, write TEXT NOT NULL, read TEXT NOT NULL,
    PRIMARY KEY (user, vhost, exchange)
) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION}
"""


class Kept:
    """The rows, one class a table."""

    @dataclass(frozen=True, slots=True)
    class VHost:
        """A virtual host, but for its topology."""

        name: str
        description: str = ""
        tags: tuple[str, ...] = ()
        tracing: bool = False

    @dataclass(frozen=True, slots=True)
    class User:
        """A user."""

        name: str
        password_hash: str
        hashing: str
        tags: tuple[str, ...]

    @dataclass(frozen=True, slots=True)
    class Permissions:
        """What a user may do in a virtual host."""

        user: str
        vhost: str
        configure: str
        write: str
        read: str

    @dataclass(frozen=True, slots=True)
    class TopicPermissions:
        """Which routing keys a user may use with a topic exchange."""

        user: str
        vhost: str
        exchange: str
        write: str
        read: str


@dataclass(frozen=True, slots=True)
class KeptAccounts:
    """All that is kept."""

    vhosts: list[Kept.VHost] = field(default_factory=list)
    users: list[Kept.User] = field(default_factory=list)
    permissions: list[Kept.Permissions] = field(default_factory=list)
    topic_permissions: list[Kept.TopicPermissions] = field(default_factory=list)


def defaults() -> KeptAccounts:
    """What RabbitMQ begins with: the user guest, an administrator with everything allowed, and the virtual host ``/``."""
    return KeptAccounts(
        [Kept.VHost(DEFAULT_VHOST, "Default virtual host")],
        [Kept.User(DEFAULT_USER, hashed(DEFAULT_USER), HASHING, (ADMINISTRATOR,))],
        [Kept.Permissions(DEFAULT_USER, DEFAULT_VHOST, ".*", ".*", ".*")],
    )


class Accounts(Protocol):
    """Where accounts are kept."""

    def load(self) -> KeptAccounts:
        """Everything kept so far; the defaults the first time."""
        ...

    def save_vhost(self, vhost: Kept.VHost) -> None:
        """Keep a virtual host, new or changed."""
        ...

    def delete_vhost(self, name: str) -> None:
        """Forget a virtual host and all permissions in it."""
        ...

    def save_user(self, user: Kept.User) -> None:
        """Keep a user, new or changed."""
        ...

    def delete_user(self, name: str) -> None:
        """Forget a user and their permissions."""
        ...

    def save_permissions(self, permissions: Kept.Permissions) -> None:
        """Keep permissions, new or changed."""
        ...

    def delete_permissions(self, user: str, vhost: str) -> None:
        """Forget permissions."""
        ...

    def save_topic_permissions(self, permissions: Kept.TopicPermissions) -> None:
        """Keep topic permissions, new or changed."""
        ...

    def delete_topic_permissions(self, user: str, vhost: str, exchange: str) -> None:
        """Forget topic permissions."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class SqliteAccounts:
    """Accounts in a SQLite file; with the path ``:memory:`` they are forgotten."""

    def __init__(self, path: Path | str) -> None:
        self._db, _ = open_or_set_aside(Path(path), _prepare, LOST)

    def load(self) -> KeptAccounts:
        """Everything kept so far."""
        db = self._db
        return KeptAccounts(
            [Kept.VHost(n, d, tuple(json.loads(t)), bool(on)) for n, d, t, on in db.execute("SELECT * FROM vhost ORDER BY name")],
            [Kept.User(name, secret, hashing, tuple(json.loads(tags))) for name, secret, hashing, tags in db.execute("SELECT * FROM user")],
            [Kept.Permissions(*row) for row in db.execute("SELECT * FROM permission")],
            [Kept.TopicPermissions(*row) for row in db.execute("SELECT * FROM topic_permission")],
        )

    def save_vhost(self, vhost: Kept.VHost) -> None:
        """Keep a virtual host, new or changed."""
        row = (vhost.name, vhost.description, json.dumps(vhost.tags), vhost.tracing)
        self._db.execute("INSERT OR REPLACE INTO vhost VALUES (?, ?, ?, ?)", row)

    def delete_vhost(self, name: str) -> None:
        """Forget a virtual host and all permissions in it."""
        self._delete("vhost", ("vhost", "name"), name)

    def save_user(self, user: Kept.User) -> None:
        """Keep a user, new or changed."""
        row = (user.name, user.password_hash, user.hashing, json.dumps(user.tags))
        self._db.execute("INSERT OR REPLACE INTO user VALUES (?, ?, ?, ?)", row)

    def delete_user(self, name: str) -> None:
        """Forget a user and their permissions."""
        self._delete("user", ("user", "name"), name)

    def save_permissions(self, permissions: Kept.Permissions) -> None:
        """Keep permissions, new or changed."""
        one = permissions
        self._db.execute(
            "INSERT OR REPLACE INTO permission VALUES (?, ?, ?, ?, ?)", (one.user, one.vhost, one.configure, one.write, one.read)
        )

    def delete_permissions(self, user: str, vhost: str) -> None:
        """Forget permissions."""
        self._db.execute("DELETE FROM permission WHERE user = ? AND vhost = ?", (user, vhost))

    def save_topic_permissions(self, permissions: Kept.TopicPermissions) -> None:
        """Keep topic permissions, new or changed."""
        one = permissions
        row = (one.user, one.vhost, one.exchange, one.write, one.read)
        self._db.execute("INSERT OR REPLACE INTO topic_permission VALUES (?, ?, ?, ?, ?)", row)

    def delete_topic_permissions(self, user: str, vhost: str, exchange: str) -> None:
        """Forget topic permissions."""
        self._db.execute("DELETE FROM topic_permission WHERE user = ? AND vhost = ? AND exchange = ?", (user, vhost, exchange))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _delete(self, column: str, own: tuple[str, str], name: str) -> None:
        table, key = own
        self._db.execute("BEGIN")
        self._db.execute(f"DELETE FROM {table} WHERE {key} = ?", (name,))  # noqa: S608 - the names are this file's own
        for other in ("permission", "topic_permission"):
            self._db.execute(f"DELETE FROM {other} WHERE {column} = ?", (name,))  # noqa: S608 - the names are this file's own
        self._db.execute("COMMIT")


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("BEGIN EXCLUSIVE")  # kept to the end: one broker a folder
    db.execute("COMMIT")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        _create(db)


def _create(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    first = defaults()
    db.executemany("INSERT INTO vhost VALUES (?, ?, ?, ?)", [(v.name, v.description, json.dumps(v.tags), v.tracing) for v in first.vhosts])
    db.executemany("INSERT INTO user VALUES (?, ?, ?, ?)", [(u.name, u.password_hash, u.hashing, json.dumps(u.tags)) for u in first.users])
    rows = [(p.user, p.vhost, p.configure, p.write, p.read) for p in first.permissions]
    db.executemany("INSERT INTO permission VALUES (?, ?, ?, ?, ?)", rows)
    db.execute("COMMIT")


class MemoryAccounts(SqliteAccounts):
    """Accounts that are forgotten: for tests, and for a broker without a folder."""

    def __init__(self) -> None:
        super().__init__(":memory:")
