"""The window's list of connections: what is heard late is not believed, and what was typed belongs to who typed it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.core.connections_draft import Draft
from desktop.services.connections import REFRESH_MS, RETRY_MS, ConnectionService, connection_service
from embedded_server.contracts.connections import ConnectionKind, Health, LinkState, SaveConnection, Secret
from tests.qt.connections_fakes import EMBEDDED, FakeApi, make_connection, make_problem, make_services
from tests.qt.tasks_fakes import until

KINDS = (ConnectionKind.EMBEDDED, ConnectionKind.RABBITMQ)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.services, self.api = make_services(folder)
        self.service: ConnectionService = connection_service(self.services.api)
        self.changes = 0
        self.service.changed.connect(self._count)

    def _count(self) -> None:
        self.changes += 1

    async def heard(self, requests: int = 1) -> None:
        await until(lambda: self.api.requests.count("GET /connections") >= requests and self._is_quiet())

    def _is_quiet(self) -> bool:
        return self.service._asking is None or self.service._asking.done()


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.service.unwatch("test")


async def test_one_service_speaks_through_an_api(bench: Bench) -> None:
    assert connection_service(bench.services.api) is bench.service
    assert connection_service(FakeApi()) is not bench.service  # type: ignore[arg-type]  # a fake that has what is used


async def test_it_asks_while_somebody_watches_and_tells_only_of_changes(bench: Bench) -> None:
    bench.service.watch("test")
    bench.service.watch("other")
    await bench.heard()
    assert (bench.service.all, bench.changes) == ([EMBEDDED], 1)
    bench.service.refresh()
    await bench.heard(2)
    assert bench.changes == 1
    bench.service.unwatch("other")
    assert bench.service._clock.isActive()
    bench.service.unwatch("test")
    assert not bench.service._clock.isActive()


async def test_an_answer_that_was_asked_for_before_an_act_is_not_believed(bench: Bench) -> None:
    bench.api.know(make_connection("a"))
    bench.api.gate = asyncio.Event()
    bench.service.refresh()
    await until(lambda: bench.api.requests == ["GET /connections"])
    bench.api.gate.set()
    bench.service._put(make_connection("b"))  # what an act answered meanwhile
    await bench.heard()
    assert [one.id for one in bench.service.all] == ["b"]


async def test_a_failure_is_remembered_asked_about_less_often_and_forgotten(bench: Bench) -> None:
    bench.api.failures["GET"] = make_problem("away")
    bench.service.refresh()
    await bench.heard()
    assert bench.service.problem
    assert (bench.service.is_known, bench.service._clock.interval()) == (False, RETRY_MS)
    bench.api.failures.clear()
    bench.service.refresh()
    await bench.heard(2)
    await until(lambda: bench.service.problem is None)
    assert (bench.service.is_known, bench.service._clock.interval()) == (True, REFRESH_MS)


async def test_every_act_is_in_the_list_at_once(bench: Bench) -> None:
    service = bench.service
    added = await service.add(SaveConnection(make_connection(name="new").spec, {Secret.PASSWORD: "x"}))
    assert service.by_id(added.id) == added
    changed = await service.change(added.id, SaveConnection(make_connection(name="renamed").spec))
    copy = await service.duplicate(added.id)
    assert [one.spec.name for one in service.all] == ["renamed", "renamed 2"]
    service.drafts[changed.id] = Draft(name="typed")
    await service.remove(changed.id)
    assert (service.all, service.drafts) == ([copy], {})


async def test_a_connection_that_is_gone_is_replaced_by_the_first_there_is(bench: Bench) -> None:
    first, second = make_connection("a", health=Health(LinkState.OPEN)), make_connection("b")
    bench.api.know(first, second)
    bench.service.refresh()
    await bench.heard()
    bench.service.choose("rabbit", "b")
    assert bench.service.current("rabbit", KINDS) == second
    await bench.service.remove("b")
    assert bench.service.current("rabbit", KINDS) == EMBEDDED
    assert bench.service.current("rabbit", (ConnectionKind.RABBITMQ,)) == first


async def test_drafts_belong_to_the_account_that_typed_them(bench: Bench) -> None:
    bench.service.keep_drafts_of("ada")
    bench.service.drafts[""] = Draft(host="typed by ada")
    bench.service.keep_drafts_of("ada")
    assert bench.service.drafts
    bench.service.keep_drafts_of("bob")
    assert not bench.service.drafts
