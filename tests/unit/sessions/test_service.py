"""Accounts and sessions: who gets in, for how long, and what ends with a session."""

import asyncio
import hashlib
import logging
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from embedded_server.contracts.server import PartState
from embedded_server.contracts.sessions import Credentials, SignedIn
from embedded_server.sessions import Sessions
from embedded_server.sessions.problems import (
    FirstAccountExists,
    NameTaken,
    NotSignedIn,
    PasswordTooShort,
    SessionEnded,
    SessionsUnwritable,
    TooManyAttempts,
    WrongCredentials,
)
from embedded_server.settings import SessionLimits

ADA = Credentials("Ada", "correct horse")
LIMITS = SessionLimits(idle_s=100, absolute_s=1000, per_account=3, sign_in_attempts=3, sign_in_window_s=60)


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.s = 1_000_000

    def __call__(self) -> int:
        return self.s * 1_000_000_000


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sessions(tmp_path: Path, clock: Clock) -> AsyncIterator[Sessions]:
    sessions = Sessions(tmp_path / "sessions.db", LIMITS, now=clock)
    await sessions.start()
    yield sessions
    await sessions.stop()


@pytest.fixture
async def signed_in(sessions: Sessions) -> SignedIn:
    await sessions.create_account(ADA)
    return await sessions.sign_in(ADA, address="127.0.0.1", user_agent="tests")


async def test_first_account_is_asked_for_until_it_exists(sessions: Sessions) -> None:
    assert await sessions.needs_account()
    account = await sessions.create_account(ADA, only_first=True)
    assert account.name == "Ada"
    assert not await sessions.needs_account()


async def test_only_one_of_two_racing_first_accounts_is_created(sessions: Sessions) -> None:
    outcomes = await asyncio.gather(
        sessions.create_account(ADA, only_first=True),
        sessions.create_account(Credentials("Mallory", "correct horse"), only_first=True),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Account", "FirstAccountExists"]


async def test_second_account_without_sign_in_is_refused(sessions: Sessions, signed_in: SignedIn) -> None:
    with pytest.raises(FirstAccountExists):
        await sessions.create_account(Credentials("Mallory", "correct horse"), only_first=True)


async def test_same_name_in_other_writing_is_taken(sessions: Sessions, signed_in: SignedIn) -> None:
    with pytest.raises(NameTaken):
        await sessions.create_account(Credentials(" ADA", "correct horse"))


async def test_bad_password_makes_no_account(sessions: Sessions) -> None:
    with pytest.raises(PasswordTooShort):
        await sessions.create_account(Credentials("Ada", "short"))
    assert await sessions.needs_account()


async def test_token_answers_its_session(sessions: Sessions, signed_in: SignedIn) -> None:
    session = await sessions.authenticate(signed_in.token)
    assert (session.account, session.address, session.user_agent) == ("Ada", "127.0.0.1", "tests")
    assert len(signed_in.token) >= 43  # 256 bits in Base64


async def test_name_is_found_in_any_writing(sessions: Sessions, signed_in: SignedIn) -> None:
    assert (await sessions.sign_in(Credentials(" aDA ", "correct horse"))).session.account == "Ada"


async def test_neither_token_nor_password_is_on_disk(sessions: Sessions, signed_in: SignedIn, tmp_path: Path) -> None:
    kept = b"".join(contents(tmp_path))
    assert signed_in.token.encode() not in kept
    assert ADA.password.encode() not in kept
    assert hashlib.sha256(signed_in.token.encode()).digest() in kept
    assert b"$argon2id$" in kept


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
async def test_files_are_for_their_owner_only(sessions: Sessions, signed_in: SignedIn, tmp_path: Path) -> None:
    assert modes(tmp_path) == {0o600}


@pytest.mark.parametrize("credentials", [Credentials("Ada", "wrong password"), Credentials("Nobody", "correct horse"), Credentials("", "")])
async def test_wrong_name_and_wrong_password_look_the_same(sessions: Sessions, signed_in: SignedIn, credentials: Credentials) -> None:
    with pytest.raises(WrongCredentials) as caught:
        await sessions.sign_in(credentials)
    assert str(caught.value) == "Name or password is wrong"


async def test_unknown_name_costs_a_hash_too(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    original = sessions._passwords._verify_blocking

    def verify(encoded: str, password: str) -> bool:
        verified.append(encoded)
        return original(encoded, password)

    monkeypatch.setattr(sessions._passwords, "_verify_blocking", verify)
    with pytest.raises(WrongCredentials):
        await sessions.sign_in(ADA)
    assert verified[0].startswith("$argon2id$")


async def test_guessing_has_to_wait_even_with_the_right_password(sessions: Sessions, signed_in: SignedIn, clock: Clock) -> None:
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            await sessions.sign_in(Credentials("Ada", "wrong password"))
    with pytest.raises(TooManyAttempts) as caught:
        await sessions.sign_in(ADA)
    assert caught.value.retry_after_s == 60
    assert "60 seconds" in caught.value.problem().hint
    clock.s += 60
    await sessions.sign_in(ADA)


async def test_guesses_at_once_are_counted_too(sessions: Sessions, signed_in: SignedIn) -> None:
    guesses = [sessions.sign_in(Credentials("Ada", f"wrong {n}"), address="10.0.0.1") for n in range(10)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) == 3


async def test_one_address_cannot_try_many_names(sessions: Sessions) -> None:
    for number in range(12):
        with pytest.raises(WrongCredentials):
            await sessions.sign_in(Credentials(f"name {number}", "guess"), address="10.0.0.1")
    with pytest.raises(TooManyAttempts):
        await sessions.sign_in(Credentials("another", "guess"), address="10.0.0.1")


async def test_no_token_and_wrong_token_are_told_apart(sessions: Sessions) -> None:
    with pytest.raises(NotSignedIn):
        await sessions.authenticate("")
    with pytest.raises(SessionEnded):
        await sessions.authenticate("made up")


async def test_signed_out_token_is_worth_nothing(sessions: Sessions, signed_in: SignedIn) -> None:
    await sessions.end(signed_in.session.id)
    await sessions.end(signed_in.session.id)
    with pytest.raises(SessionEnded):
        await sessions.authenticate(signed_in.token)


async def test_session_ends_when_idle(sessions: Sessions, signed_in: SignedIn, clock: Clock) -> None:
    clock.s += 99
    await sessions.authenticate(signed_in.token)
    clock.s += 99
    await sessions.authenticate(signed_in.token)
    clock.s += 100
    with pytest.raises(SessionEnded):
        await sessions.authenticate(signed_in.token)


async def test_session_ends_in_the_end_however_busy(sessions: Sessions, signed_in: SignedIn, clock: Clock) -> None:
    for _ in range(19):
        clock.s += 50
        await sessions.authenticate(signed_in.token)
    clock.s += 50
    with pytest.raises(SessionEnded):
        await sessions.authenticate(signed_in.token)


async def test_end_of_a_session_is_told_to_what_hangs_on_it(sessions: Sessions, signed_in: SignedIn) -> None:
    closed = sessions.closed(signed_in.session.id)
    assert not closed.is_set()
    assert sessions.closed(signed_in.session.id) is closed
    await sessions.end(signed_in.session.id)
    assert closed.is_set()
    assert sessions.closed(signed_in.session.id).is_set()


async def test_expiry_is_told_to_what_hangs_on_it(sessions: Sessions, signed_in: SignedIn, clock: Clock) -> None:
    closed = sessions.closed(signed_in.session.id)
    clock.s += 100
    await sessions.end_expired()
    assert closed.is_set()


async def test_open_feed_keeps_its_session_alive(sessions: Sessions, signed_in: SignedIn, clock: Clock) -> None:
    clock.s += 99
    await sessions.touch(signed_in.session.id)
    clock.s += 99
    await sessions.authenticate(signed_in.token)


async def test_session_used_longest_ago_makes_room(sessions: Sessions, signed_in: SignedIn, clock: Clock) -> None:
    later = []
    for _ in range(3):
        clock.s += 1
        later.append(await sessions.sign_in(ADA))
    with pytest.raises(SessionEnded):
        await sessions.authenticate(signed_in.token)
    assert [session.id for session in sessions.of_account("Ada")] == [one.session.id for one in reversed(later)]


async def test_sessions_survive_a_restart_and_expire_meanwhile(
    sessions: Sessions, signed_in: SignedIn, tmp_path: Path, clock: Clock
) -> None:
    await sessions.stop()
    again = Sessions(tmp_path / "sessions.db", LIMITS, now=clock)
    await again.start()
    assert (await again.authenticate(signed_in.token)).id == signed_in.session.id
    await again.stop()
    clock.s += 100
    await again.start()
    with pytest.raises(SessionEnded):
        await again.authenticate(signed_in.token)
    await again.stop()


async def test_account_added_by_another_process_can_sign_in(sessions: Sessions, tmp_path: Path) -> None:
    other = Sessions(tmp_path / "sessions.db")
    await other.start()
    await other.create_account(ADA)
    await other.stop()
    assert (await sessions.sign_in(ADA)).session.account == "Ada"


async def test_damaged_database_is_set_aside_and_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "sessions.db"
    path.write_bytes(b"this is no database at all, but it was somebody's" * 100)
    sessions = Sessions(path)
    with caplog.at_level(logging.WARNING, logger="embedded_server.sessions.service"):
        await sessions.start()
    aside = Path(sessions.set_aside)
    assert aside.name.startswith("sessions.damaged-")
    assert any(content.startswith(b"this is no database") for content in contents(tmp_path))
    assert sessions.status().state is PartState.RUNNING
    assert str(aside) in sessions.status().reason
    assert await sessions.needs_account()
    await sessions.stop()


async def test_broken_pages_are_found_at_the_start(
    sessions: Sessions, signed_in: SignedIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await sessions.stop()
    path = tmp_path / "sessions.db"
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)
    with caplog.at_level(logging.WARNING, logger="embedded_server.sessions.service"):
        await sessions.start()
    assert sessions.set_aside
    assert await sessions.needs_account()


async def test_unusable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sessions = Sessions(tmp_path / "file" / "sessions.db")
    with pytest.raises(SessionsUnwritable, match="file"):
        await sessions.start()
    await sessions.stop()


async def test_stop_may_be_called_twice(sessions: Sessions) -> None:
    await sessions.stop()
    await sessions.stop()
    assert sessions.status().state is PartState.STOPPED


async def test_hash_with_weaker_parameters_is_renewed_at_sign_in(sessions: Sessions, signed_in: SignedIn, tmp_path: Path) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(ADA.password)
    with sqlite3.connect(tmp_path / "sessions.db") as db:
        db.execute("update account set password = ?", (weak,))
    db.close()
    await sessions.sign_in(ADA)
    db = sqlite3.connect(tmp_path / "sessions.db")
    assert db.execute("select password from account").fetchone()[0] != weak
    db.close()
