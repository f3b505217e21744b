"""The whole Connections panel over fakes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from desktop.services.connections import connection_service
from desktop.views.connections.panel import ConnectionsPanel
from embedded_server.contracts.connections import Connection
from tests.qt.connections_fakes import make_services
from tests.qt.tasks_fakes import until


class Bench:
    """The whole panel over fakes."""

    def __init__(self, folder: Path) -> None:
        self.services, self.api = make_services(folder)
        self.panel = ConnectionsPanel(self.services)
        self.panel.resize(1060, 720)
        self.panel.show()
        self.service = connection_service(self.services.api)

    async def show(self, *connections: Connection) -> None:
        self.api.know(*connections)
        self.panel.activate()
        await until(lambda: [one.id for one in self.panel.model.connections] == ["embedded", *(one.id for one in connections)])

    async def edit(self, connection: Connection) -> None:
        await self.show(connection)
        self.panel.list.choose(connection.id)

    def type(self, line: QLineEdit, text: str) -> None:
        line.clear()
        QTest.keyClicks(line, text)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    await made.panel.stop()
