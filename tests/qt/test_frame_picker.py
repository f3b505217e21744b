"""The picker in the header: which connection a panel looks at, over a fake API."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop.services import Services
from desktop.services.connections import ConnectionService, connection_service
from desktop.views.frame.guide import ConnectionGuide
from desktop.views.frame.picker import ConnectionPicker
from desktop.views.panel import Panel, PanelSpec
from embedded_server.contracts.connections import Connection, ConnectionKind, Environment, Health, LinkState, SecretState
from tests.qt.connections_fakes import EMBEDDED, FakeApi, make_connection, make_problem, make_services
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore(
    "does not support (propagateSizeHints|raise)", extend=True
)  # the offscreen platform, of every window

BOTH = (ConnectionKind.EMBEDDED, ConnectionKind.RABBITMQ)


class Looker(Panel):
    """A panel that notes what it is told."""

    def __init__(self, _services: Services | None = None) -> None:
        super().__init__()
        self.told: list[Connection | None] = []

    def set_connection(self, connection: Connection | None) -> None:
        self.told.append(connection)


SPEC = PanelSpec("rabbit", "Rabbit", "ph.link", Looker, kinds=BOTH)
OTHER = PanelSpec("kafka", "Kafka", "ph.link", Looker, kinds=(ConnectionKind.RABBITMQ,))
PLAIN = PanelSpec("tasks", "Tasks", "ph.stack", Looker)


class Bench:
    def __init__(self, folder: Path, qtbot: QtBot, api: FakeApi | None = None) -> None:
        self.services, fresh = make_services(folder)
        self.api = api or fresh
        self.services = replace(self.services, api=self.api)  # type: ignore[arg-type]  # a fake that has what is used
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(900, 600)
        self.window.show()
        self.picker = ConnectionPicker(self.window)
        self.guide = ConnectionGuide(self.services, self.picker, self.window, can_manage=True)
        self.panel = Looker()
        qtbot.addWidget(self.panel)

    @property
    def service(self) -> ConnectionService:
        return connection_service(self.services.api)

    async def show(self, *connections: Connection, spec: PanelSpec = SPEC) -> None:
        self.api.know(*connections)
        self.guide.follow(spec, self.panel)
        await until(lambda: self.panel.told)

    def menu(self) -> dict[str, Any]:
        menu = self.guide.make_menu()
        assert isinstance(menu, QMenu)
        return {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, qtbot)
    yield made
    made.guide.forget()


async def test_a_panel_looks_at_the_first_connection_of_its_kinds_and_is_told_once(bench: Bench) -> None:
    assert bench.picker.text() == "…"
    await bench.show(make_connection("a"))
    assert bench.panel.told == [EMBEDDED]
    bench.service.refresh()
    await until(lambda: bench.api.requests.count("GET /connections") >= 2)
    assert bench.panel.told == [EMBEDDED]
    assert "Embedded" in bench.picker.text()


async def test_another_choice_is_told_shown_and_kept_for_this_panel_alone(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    chosen = make_connection("b", "orders")
    await bench.show(make_connection("a"), chosen)
    bench.menu()["orders"].trigger()
    assert bench.panel.told[-1] == chosen
    assert bench.picker.text() == "orders"
    assert bench.service.current("kafka", OTHER.kinds) == make_connection("a")
    again = Bench(tmp_path, qtbot)
    await again.show(make_connection("a"), chosen)
    assert again.panel.told == [chosen]
    again.guide.forget()


async def test_a_panel_is_told_how_its_connection_fares_and_when_it_is_gone(bench: Bench) -> None:
    connection = make_connection("a")
    await bench.show(connection, spec=OTHER)
    failed = replace(connection, health=Health(LinkState.FAILED, make_problem("Refused")))
    bench.api.know(failed)
    bench.service.refresh()
    await until(lambda: bench.panel.told[-1] == failed)
    assert "refused" in bench.picker.accessibleName()
    assert bench.picker.toolTip().endswith("\nRefused")
    bench.api.know()
    bench.service.refresh()
    await until(lambda: bench.panel.told[-1] is None)
    assert bench.picker.text() == "No connection"


async def test_production_and_read_only_are_said_in_words(bench: Bench) -> None:
    await bench.show(make_connection("a", "orders", environment=Environment.PRODUCTION, read_only=True), spec=OTHER)
    assert bench.picker.accessibleName() == "Connection: orders, idle, production, read-only"
    assert ("production", "bad", False) in bench.picker._words()
    bench.picker.set_away(True)
    assert bench.picker._words()[0][1] == "dim"


async def test_nothing_is_asked_while_no_panel_looks_at_a_connection(bench: Bench) -> None:
    await bench.show(make_connection("a"))
    assert bench.service._clock.isActive()
    bench.guide.follow(PLAIN, Looker())
    assert not bench.service._clock.isActive()
    assert bench.guide.make_menu() is None
    assert bench.picker.isHidden()


async def test_the_menu_leads_to_the_connections_panel(bench: Bench, qtbot: QtBot) -> None:
    await bench.show(make_connection("a", "orders"), spec=OTHER)
    for text, wished in (("Test", ("a", True)), ("Edit…", ("a", False)), ("Add connection…", ("", False))):
        with qtbot.waitSignal(bench.guide.manage_requested):
            bench.menu()[text].trigger()
        wish = bench.service.take_wish()
        assert wish is not None
        assert (wish.connection_id, wish.test) == wished
    assert bench.service.take_wish() is None


async def test_the_embedded_connection_has_nothing_to_edit(bench: Bench) -> None:
    await bench.show()
    assert "Edit…" not in bench.menu()
    assert "Test" in bench.menu()


async def test_the_menu_offers_what_fits_the_state(bench: Bench) -> None:
    await bench.show(make_connection("a", health=Health(LinkState.OPEN)), spec=OTHER)
    assert "Connect now" not in bench.menu()
    bench.menu()["Disconnect"].trigger()
    await until(lambda: "POST /connections/a/disconnect" in bench.api.requests)


async def test_the_palette_takes_another_connection(bench: Bench) -> None:
    await bench.show(make_connection("a", "orders"))
    commands = {command.text: command for command in bench.guide.commands()}
    assert [text for text, command in commands.items() if not command.enabled] == ["Look at Embedded"]
    commands["Look at orders"].run()
    assert bench.picker.text() == "orders"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Down])
async def test_the_keyboard_opens_the_menu(bench: Bench, monkeypatch: pytest.MonkeyPatch, key: Qt.Key) -> None:
    await bench.show(make_connection("a"))
    shown: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: shown.append(menu))
    QTest.keyClick(bench.picker, key)
    assert len(shown) == 1


async def test_a_list_that_cannot_be_had_is_told_once(bench: Bench) -> None:
    bench.api.failures["GET"] = make_problem("The list is away")
    bench.guide.follow(SPEC, bench.panel)
    await until(bench.services.notices.standing)
    bench.service.refresh()
    await until(lambda: bench.api.requests.count("GET /connections") >= 2)
    assert [notice.times for notice in bench.services.notices.standing()] == [1]
    bench.api.failures.clear()
    bench.service.refresh()
    await until(lambda: bench.panel.told == [EMBEDDED])


# -- the password that no keyring keeps


async def test_a_needed_password_is_asked_for_once_and_given_to_the_server(bench: Bench) -> None:
    await bench.show(make_connection("a", "orders", secret=SecretState.NEEDED), spec=OTHER)
    sheet = bench.guide._sheet
    assert sheet.isVisible()
    assert "orders" in sheet._title.text()
    QTest.keyClicks(sheet.password, "Wg7")
    QTest.keyClick(sheet.password, Qt.Key.Key_Return)
    await until(lambda: not sheet.isVisible())
    assert bench.api.bodies[bench.api.requests.index("PUT /connections/a/secrets")] == {"secrets": {"password": "Wg7"}}
    assert sheet.password.text() == ""
    await until(lambda: bench.api.requests[-1] == "POST /connections/a/reconnect")


async def test_a_password_put_off_is_not_asked_for_again_until_it_is_wanted(bench: Bench) -> None:
    await bench.show(make_connection("a", secret=SecretState.NEEDED), spec=OTHER)
    sheet = bench.guide._sheet
    sheet.later.click()
    bench.service.refresh()
    await until(lambda: bench.api.requests.count("GET /connections") >= 2)
    assert not sheet.isVisible()
    bench.menu()["Give the password…"].trigger()
    assert sheet.isVisible()


async def test_a_password_that_is_not_taken_stays_typed_and_the_reason_is_said(bench: Bench) -> None:
    bench.api.failures["PUT"] = make_problem("The disk is full")
    await bench.show(make_connection("a", secret=SecretState.NEEDED), spec=OTHER)
    sheet = bench.guide._sheet
    QTest.keyClicks(sheet.password, "Wg7")
    sheet.connect_button.click()
    await until(lambda: "The disk is full" in sheet._failure.text())
    assert (sheet.password.text(), sheet.connect_button.isEnabled()) == ("Wg7", True)
