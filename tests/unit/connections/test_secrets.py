"""Secrets go in and never come out; the keyring keeps them, or memory does until the server ends."""

import asyncio
import threading
from pathlib import Path

import pytest

from embedded_server.connections.problems import SecretNeeded
from embedded_server.contracts.connections import RabbitSettings, Secret, SecretState
from embedded_server.contracts.keyring import Backend, Keyring
from tests.unit.connections.fakes import PASSWORD, MemoryKeyring, World, save_of


async def started(folder: Path, backend: Backend | None = None) -> World:
    made = World(folder, backend)
    await made.service.start()
    return made


async def test_a_keyring_keeps_secrets_over_a_restart(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    first = await started(tmp_path, keyring)
    added = await first.service.add(save_of(secrets=PASSWORD))
    assert (await first.service.all()).keyring
    assert added.secret is SecretState.KEYRING
    second = await started(tmp_path, keyring)
    assert (await second.service.get(added.id)).secret is SecretState.KEYRING
    assert (await second.service.resolve(added.id)).secrets == PASSWORD
    await second.service.remove(added.id)
    assert keyring.kept == {}


async def test_without_a_keyring_a_secret_is_asked_for_once_after_a_restart(tmp_path: Path) -> None:
    first = await started(tmp_path)
    added = await first.service.add(save_of(secrets=PASSWORD))
    assert not (await first.service.all()).keyring
    assert added.secret is SecretState.MEMORY
    second = await started(tmp_path)
    assert (await second.service.get(added.id)).secret is SecretState.NEEDED
    with pytest.raises(SecretNeeded, match="orders"):
        await second.service.resolve(added.id)
    given = await second.service.set_secrets(added.id, PASSWORD)
    assert given.secret is SecretState.MEMORY
    assert (await second.service.resolve(added.id)).secrets == PASSWORD


async def test_a_keyring_that_refuses_leaves_the_secret_in_memory(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    world = await started(tmp_path, keyring)
    await world.service.all()
    keyring.locked = True
    added = await world.service.add(save_of(secrets=PASSWORD))
    assert added.secret is SecretState.MEMORY
    assert (await world.service.resolve(added.id)).secrets == PASSWORD


async def test_a_keyring_that_hangs_delays_no_start(tmp_path: Path) -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(20)

    world = World(tmp_path)
    world.service._secrets._keyring = Keyring(hang, timeout_s=0.05)
    async with asyncio.timeout(5):
        await world.service.start()
        assert not (await world.service.all()).keyring
    release.set()


async def test_a_secret_not_named_stays_and_an_empty_one_is_forgotten(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    world = await started(tmp_path, keyring)
    added = await world.service.add(save_of(secrets=PASSWORD))
    assert (await world.service.change(added.id, save_of("renamed"))).secret is SecretState.KEYRING
    forgotten = await world.service.change(added.id, save_of("renamed", {Secret.PASSWORD: ""}))
    assert forgotten.secret is SecretState.NONE
    assert keyring.kept == {}
    assert (await world.service.resolve(added.id)).secrets == {}


async def test_the_guests_known_password_is_not_kept_as_a_secret(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    world = await started(tmp_path, keyring)
    added = await world.service.add(world.service.parse("amqp://localhost"))
    assert (added.secret, keyring.kept) == (SecretState.NONE, {})
    assert (await world.service.resolve(added.id)).secrets == {Secret.PASSWORD: "guest"}
    pasted = save_of("two", settings=RabbitSettings("localhost", management_url="http://guest:guest@localhost:15672"))
    both = await world.service.add(pasted)
    assert (both.secret, set((await world.service.resolve(both.id)).secrets.values())) == (SecretState.NONE, {"guest"})
    own = await world.service.set_secrets(added.id, PASSWORD)
    assert own.secret is SecretState.KEYRING
    assert (await world.service.resolve(added.id)).secrets == PASSWORD


async def test_no_secret_is_in_the_file_an_export_a_snapshot_or_a_repr(tmp_path: Path) -> None:
    world = await started(tmp_path)
    secrets = {Secret.PASSWORD: "Wg7-secret", Secret.MANAGEMENT_PASSWORD: "Wg7-other"}
    settings = RabbitSettings("h", user="ada", management_url="http://ops:Wg7-url@h:15672")
    added = await world.service.add(save_of(secrets=secrets, settings=settings))
    profile = await world.service.resolve(added.id)
    shown = (world.file, world.service.export(), await world.service.all(), profile, world.service)
    assert not [one for one in shown if "Wg7" in f"{one!r}{one}"]
