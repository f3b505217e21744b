"""The accounts' and sessions' own database file. Blocking: `Sessions` calls it on a thread of its own."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded_server.contracts.sessions import Account, Session
from embedded_server.sessions.problems import SessionsUnwritable

_SCHEMA: Final = """
create table if not exists account(
  id integer primary key, key text not null unique, name text not null, password text not null, created_at integer not null
) strict;
create table if not exists session(
  id text primary key, token_hash blob not null unique, account integer not null references account on delete cascade,
  created_at integer not null, last_seen_at integer not null, idle_expires_at integer not null, expires_at integer not null,
  address text not null, user_agent text not null
) strict;
pragma user_version = 1;
"""


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account with its password's hash."""

    id: int
    account: Account
    password: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session with the SHA-256 of its token. The token itself is nowhere."""

    token_hash: bytes
    account_id: int
    session: Session


class SessionStore:
    """Accounts and sessions in SQLite. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self.set_aside = ""
        """Where a damaged file was put at `open`."""

    def open(self) -> None:
        """Open or create the file, readable by its owner only; put a damaged one aside, and keep it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.touch(mode=0o600)
            try:
                self._opened = self._connect()
            except sqlite3.DatabaseError as exc:
                if isinstance(exc, sqlite3.OperationalError):
                    raise
                self._put_aside()
                self._path.touch(mode=0o600)
                self._opened = self._connect()
        except (OSError, sqlite3.OperationalError) as exc:
            raise SessionsUnwritable(path=str(self._path), detail=str(exc)) from exc

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None

    def has_account(self) -> bool:
        """Tell whether anybody can sign in."""
        return self._db.execute("select 1 from account limit 1").fetchone() is not None

    def add_account(self, key: str, account: Account, password: str, *, only_first: bool) -> bool:
        """Keep a new account; false where there is one already (with *only_first*: any). Decided by the database, so races are too."""
        with self._writing() as db:
            added = db.execute(
                "insert into account(key, name, password, created_at) select ?, ?, ?, ?"
                " where not exists(select 1 from account where ? or key = ?)",
                (key, account.name, password, account.created_at, only_first, key),
            )
            return added.rowcount == 1

    def account(self, key: str) -> AccountRecord | None:
        """Answer the account whose name has this key."""
        row = self._db.execute("select id, name, created_at, password from account where key = ?", (key,)).fetchone()
        return AccountRecord(row[0], Account(row[1], row[2]), row[3]) if row else None

    def set_password(self, account_id: int, password: str) -> None:
        """Replace a password's hash."""
        with self._writing() as db:
            db.execute("update account set password = ? where id = ?", (password, account_id))

    def sessions(self) -> list[SessionRecord]:
        """Answer every session, expired ones too."""
        rows = self._db.execute(
            "select token_hash, account, s.id, name, s.created_at, last_seen_at, idle_expires_at, expires_at, address, user_agent"
            " from session s join account on account.id = s.account"
        )
        return [SessionRecord(row[0], row[1], Session(*row[2:])) for row in rows]

    def add_session(self, record: SessionRecord) -> None:
        """Keep a new session."""
        kept = record.session
        with self._writing() as db:
            db.execute(
                "insert into session values(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    kept.id,
                    record.token_hash,
                    record.account_id,
                    kept.created_at,
                    kept.last_seen_at,
                    kept.idle_expires_at,
                    kept.expires_at,
                    kept.address,
                    kept.user_agent,
                ),
            )

    def touch_session(self, session: Session) -> None:
        """Keep when a session was used last."""
        with self._writing() as db:
            db.execute(
                "update session set last_seen_at = ?, idle_expires_at = ? where id = ?",
                (session.last_seen_at, session.idle_expires_at, session.id),
            )

    def remove_session(self, session_id: str) -> None:
        """Forget a session for good."""
        with self._writing() as db:
            db.execute("delete from session where id = ?", (session_id,))

    @property
    def _db(self) -> sqlite3.Connection:
        assert self._opened is not None, "open() comes first"
        return self._opened

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._db as db:
                yield db
        except sqlite3.OperationalError as exc:
            raise SessionsUnwritable(path=str(self._path), detail=str(exc)) from exc

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=5.0, check_same_thread=False)
        try:
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")  # a sign-out survives a power cut
            db.execute("pragma foreign_keys = on")
            _check_whole(db)
            db.executescript(_SCHEMA)
        except BaseException:
            db.close()
            raise
        return db

    def _put_aside(self) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = self._path.with_name(f"{self._path.stem}.damaged-{stamp}{self._path.suffix}")
        for suffix in ("", "-wal", "-shm"):
            damaged = self._path.with_name(self._path.name + suffix)
            if damaged.exists():
                damaged.replace(aside.with_name(aside.name + suffix))
        self.set_aside = str(aside)


def _check_whole(db: sqlite3.Connection) -> None:
    verdict = db.execute("pragma quick_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
