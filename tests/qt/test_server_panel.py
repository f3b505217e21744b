"""The Server panel: parts with their restart, the journal's fill, and the log by level."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.problems import ApiError, ServerUnreachable
from desktop.services import Services
from desktop.views.server import build
from desktop.views.server.panel import ServerPanel
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.server import JournalStatus, Part, PartState, ServerStatus
from tests.qt.feed_fakes import FakeApi, event_row, fake_services, tick, until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

PARTS = [
    Part("journal", PartState.RUNNING, "", 0, "", 1, 0, 0),
    Part("brokers", PartState.RUNNING, "", 41, "amqp://127.0.0.1:41234//", 1, 0, 0),
    Part("worker", PartState.WAITING, "Killed by SIGKILL", 0, "", 0, 2, 0),
]
JOURNAL = JournalStatus("e", 1, 1000, 5_000_000, 0, 0, 1, 20_000_000, 8_000_000_000, 86_400, "")
STATUS = ServerStatus("0.1.0", 40, "http://127.0.0.1:43117", "/home/ada/data", 1, 120_000_000, PARTS, JOURNAL)


class FakeHost:
    """A host that counts its restarts."""

    def __init__(self, *, is_embedded: bool = True) -> None:
        self.is_embedded = is_embedded
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1


class FakeService:
    """A server as a test wants it."""

    def __init__(self) -> None:
        self.answer: ServerStatus | Exception = STATUS
        self.asked = 0
        self.restarted: list[str] = []
        self.restart_answer: Part | Exception = PARTS[1]
        self.restart_done = asyncio.Event()
        self.restart_done.set()

    async def status(self) -> ServerStatus:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def restart_part(self, name: str) -> Part:
        self.restarted.append(name)
        await self.restart_done.wait()
        if isinstance(self.restart_answer, Exception):
            raise self.restart_answer
        return self.restart_answer


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    services: Services = replace(fake_services(tmp_path, FakeApi()), host=FakeHost())
    return services


@pytest.fixture
def panel(qtbot: QtBot, services: Services, service: FakeService) -> Iterator[ServerPanel]:
    panel = ServerPanel(services, service)  # type: ignore[arg-type]  # a fake that has what is used
    qtbot.addWidget(panel)
    panel.resize(1060, 700)
    yield panel
    panel.deactivate()


async def shown(panel: ServerPanel) -> None:
    panel.show()
    panel.activate()
    await until(lambda: panel.parts.rows)


def click(button: QWidget) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def host_of(services: Services) -> Any:
    return services.host


def feed_of(services: Services) -> Any:
    return services.feeds.opened[0]  # type: ignore[attr-defined]  # of the implementation that the test runs


def notices_of(services: Services) -> list[str]:
    return [notice.title for notice in services.notices.standing()]


async def test_parts_are_shown_with_state_process_and_reason(panel: ServerPanel) -> None:
    await shown(panel)
    brokers, worker = panel.parts.rows["brokers"], panel.parts.rows["worker"]
    assert (brokers.state.text(), brokers.state.tone(), brokers.pid.text()) == ("Running", "ok", "41")
    assert brokers.note.whole() == "amqp://127.0.0.1:41234//"
    assert (worker.state.text(), worker.state.tone(), worker.restarts.text()) == ("Waiting", "warn", "2")
    assert worker.note.whole() == "Killed by SIGKILL"
    assert panel.problem.isHidden()


async def test_required_parts_offer_no_restart(panel: ServerPanel) -> None:
    await shown(panel)
    await until(panel.parts.rows["brokers"].restart.isVisible)
    assert not panel.parts.rows["journal"].restart.isVisible()


async def test_journal_and_server_tell_their_figures(panel: ServerPanel) -> None:
    await shown(panel)
    assert panel.journal.meters[0].text() == "1,000 events of 20,000,000"
    assert panel.journal.losses.text() == "Nothing dropped, nothing removed yet"
    assert panel.journal.set_aside.isHidden()
    assert panel.facts.version.text() == "0.1.0"
    assert panel.facts.memory.text() == "120 MB"
    assert panel.facts.folder.whole() == "/home/ada/data"


async def test_journal_that_was_set_aside_is_named(panel: ServerPanel, service: FakeService) -> None:
    service.answer = replace(STATUS, journal=replace(JOURNAL, set_aside="/home/ada/data/journal.damaged-1.db"))
    await shown(panel)
    assert panel.journal.set_aside.isVisible()
    assert "journal.damaged-1.db" in panel.journal.set_aside.text()


async def test_restart_shows_that_it_is_under_way_and_asks_again(panel: ServerPanel, service: FakeService) -> None:
    await shown(panel)
    service.restart_done.clear()
    row = panel.parts.rows["brokers"]
    click(row.restart)
    await until(lambda: service.restarted == ["brokers"])
    panel.start_restart("brokers")
    assert (row.state.text(), row.restart.isEnabled()) == ("Restarting", False)
    asked = service.asked
    service.restart_done.set()
    await until(lambda: service.asked > asked and row.restart.isEnabled())
    await until(lambda: row.state.text() == "Running")
    assert service.restarted == ["brokers"]


async def test_part_that_cannot_be_started_is_a_notice_with_the_reason(
    panel: ServerPanel, service: FakeService, services: Services
) -> None:
    await shown(panel)
    service.restart_answer = replace(PARTS[1], state=PartState.FAILED, reason="No such file")
    panel.start_restart("brokers")
    await until(lambda: notices_of(services) == ["Embedded brokers could not be started"])


async def test_refused_restart_is_a_notice_and_can_be_tried_again(panel: ServerPanel, service: FakeService, services: Services) -> None:
    await shown(panel)
    service.restart_answer = ApiError(ProblemDetails("urn:x", "It cannot be restarted", 409))
    panel.start_restart("brokers")
    await until(lambda: notices_of(services) == ["It cannot be restarted"])
    assert panel.parts.rows["brokers"].restart.isEnabled()


async def test_figures_stay_while_the_server_does_not_answer(panel: ServerPanel, service: FakeService, services: Services) -> None:
    await shown(panel)
    service.answer = ServerUnreachable("127.0.0.1:1")
    panel.start_refresh()
    await until(lambda: "does not answer" in panel.problem.text())
    assert panel.problem.isVisible()
    assert panel.parts.rows["brokers"].state.text() == "Running"
    assert notices_of(services) == []
    service.answer = STATUS
    panel.start_refresh()
    await until(panel.problem.isHidden)


async def test_server_that_never_answered_is_told_with_what_to_try(panel: ServerPanel, service: FakeService) -> None:
    service.answer = ServerUnreachable("127.0.0.1:1")
    panel.show()
    panel.activate()
    await until(lambda: "127.0.0.1:1" in panel.problem.text())


async def test_it_asks_again_only_while_it_is_looked_at(panel: ServerPanel, service: FakeService, services: Services) -> None:
    panel._clock.setInterval(5)
    await shown(panel)
    await until(lambda: service.asked >= 3)
    panel.deactivate()
    assert not panel._clock.isActive()
    assert feed_of(services).idle


async def test_level_narrows_the_log_and_is_kept(panel: ServerPanel, services: Services, qtbot: QtBot) -> None:
    assert feed_of(services).filter == "kind:server.log -status:DEBUG"
    panel.log.choose_level("error")
    assert "status:ERROR OR status:CRITICAL" in feed_of(services).filter
    assert "kind:server.log" in feed_of(services).filter
    again = build(services)
    qtbot.addWidget(again)
    assert isinstance(again, ServerPanel)
    assert again.log.levels.current() == "error"


async def test_selected_lines_are_copied_as_text(panel: ServerPanel, services: Services) -> None:
    await shown(panel)
    panel.log.copy_lines()
    assert notices_of(services) == ["No line is selected"]
    rows = [event_row(n, kind="server.log", status="ERROR", subject="worker", key="celery", preview=f"line {n}") for n in range(60)]
    feed_of(services).restarted.emit()
    feed_of(services).ticked.emit(replace(tick(0, 60), rows=rows))
    panel.log.view.table.selectRow(59)
    panel.log.copy_lines()
    copied = QGuiApplication.clipboard().text()
    assert copied.endswith("ERROR    worker celery: line 59")


async def test_whole_server_is_restarted_through_the_host(panel: ServerPanel, services: Services) -> None:
    await shown(panel)
    click(panel.facts.restart)
    next(action for action in panel.actions() if action.text() == "Restart the server").trigger()
    assert host_of(services).restarts == 2


async def test_server_elsewhere_is_not_restarted_nor_its_folder_opened(tmp_path: Path, qtbot: QtBot, service: FakeService) -> None:
    services = replace(fake_services(tmp_path, FakeApi()), host=FakeHost(is_embedded=False))
    panel = ServerPanel(services, service)  # type: ignore[arg-type]  # a fake that has what is used
    qtbot.addWidget(panel)
    await shown(panel)
    assert not panel.facts.restart.isVisibleTo(panel)
    assert not next(action for action in panel.actions() if action.text() == "Restart the server").isEnabled()
    panel.deactivate()


async def test_folder_is_copied(panel: ServerPanel, services: Services) -> None:
    await shown(panel)
    panel.facts.copy_requested.emit()
    assert QGuiApplication.clipboard().text() == "/home/ada/data"


async def test_filter_key_and_escape_go_to_the_log(panel: ServerPanel) -> None:
    await shown(panel)
    assert panel.focus_filter()
    assert not panel.go_back()
    panel.log.view.open_detail()
    assert panel.go_back()


async def test_a_journal_that_cannot_write_says_why(panel: ServerPanel, service: FakeService) -> None:
    await shown(panel)
    assert panel.journal.problem.isHidden()
    service.answer = replace(STATUS, journal=replace(JOURNAL, problem="No space left on device"))
    panel.start_refresh()
    await until(panel.journal.problem.isVisible)
    assert "No space left on device." in panel.journal.problem.text()


@pytest.mark.parametrize("width", [680, 1060])
async def test_nothing_is_squeezed_in_a_small_window(panel: ServerPanel, width: int) -> None:
    panel.resize(width, 440)
    await shown(panel)
    cards = (panel.parts, panel.journal, panel.facts, panel.log)
    await until(lambda: all(card.height() >= card.minimumSizeHint().height() for card in cards))
    assert all(card.width() <= width for card in cards)
    assert (panel.facts.y() == panel.journal.y()) is (width == 680)
