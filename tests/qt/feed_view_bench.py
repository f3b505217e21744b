"""A feed view with its feed, and what stands around them."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.views.theme import ROW_PX
from desktop.views.widgets.feed_states import State
from desktop.views.widgets.feed_view import EVENT_COLUMNS, EmptyState, FeedView
from embedded_server.contracts.feeds import Source
from tests.qt.feed_fakes import FakeApi, FakeFeed, fake_services, tick


class Stage:
    """A view with its feed, and what stands around them."""

    def __init__(self, qtbot: QtBot, data_dir: Path, **options: Any) -> None:
        self.qtbot = qtbot
        self.api = FakeApi()
        self.services = fake_services(data_dir, self.api)
        self.detail = QWidget()
        values: dict[str, Any] = {
            "source": Source.EVENTS,
            "columns": EVENT_COLUMNS,
            "settings_key": "timeline",
            "empty": EmptyState("ph.activity", "Nothing yet", actions=(QAction("Do it"),)),
            "detail": self.detail,
        }
        self.view = FeedView(self.services, **(values | options))
        qtbot.addWidget(self.view)
        self.view.resize(1060, 600)
        self.view.show()
        qtbot.waitExposed(self.view)
        self.table = self.view.table

    @property
    def feed(self) -> FakeFeed:
        feed: FakeFeed = self.services.feeds.opened[0]
        return feed

    def is_in(self, state: State) -> bool:
        return self.view.states.state is state

    def tick(self, start: int, end: int, **changes: Any) -> None:
        self.feed.ticked.emit(tick(start, end, **changes))

    def begin(self, start: int, end: int, **changes: Any) -> None:
        self.feed.restarted.emit()
        self.tick(start, end, **changes)

    def scroll_to_row(self, row: int) -> None:
        self.table.verticalScrollBar().setValue(row * ROW_PX)

    def load(self) -> None:
        """Let the model ask for what is in sight, and answer."""
        asked = len(self.feed.asked)
        self.qtbot.waitUntil(lambda: len(self.feed.asked) > asked)
        self.feed.answer()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.table, key, modifier)

    @property
    def is_at_tail(self) -> bool:
        bar = self.table.verticalScrollBar()
        return bar.value() == bar.maximum()

    @property
    def news(self) -> str:
        return self.table.pill.text() if self.table.pill.isVisible() else ""

    @property
    def top_seq(self) -> int | None:
        row = self.view.model.row_at(self.table.visible_rows()[0])
        return row.seq if row is not None else None


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)
