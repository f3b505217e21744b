"""Exports: written beside the file first, so that a stopped or failed one leaves nothing behind."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.problems import ServerUnreachable
from desktop.services.feed_export import ExportFormat, FileUnwritable, export_feed
from desktop.views.widgets.export import ExportPanel
from embedded_server.contracts.feeds import Source
from tests.qt.feed_fakes import fake_services, until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


class ExportApi:
    """Writes a line at each `let_go`, until `is_whole`."""

    def __init__(self) -> None:
        self.path = ""
        self.query: dict[str, Any] = {}
        self.step = asyncio.Event()
        self.is_whole = False
        self.failure: Exception | None = None

    def let_go(self, *, whole: bool = False, failure: Exception | None = None) -> None:
        self.is_whole, self.failure = whole, failure
        self.step.set()

    async def stream_to_file(self, path: str, query: dict[str, Any], file: Path, progress: Callable[[int], None] | None) -> int:
        self.path, self.query = path, query
        written = 0
        with file.open("wb") as out:
            while not self.is_whole:
                await self.step.wait()
                self.step.clear()
                if self.failure is not None:
                    raise self.failure
                written += out.write(b'{"seq": 1}\n')
                if progress is not None:
                    progress(written)
        return written


class Room:
    def __init__(self, qtbot: QtBot, data_dir: Path) -> None:
        self.api = ExportApi()
        self.services = fake_services(data_dir, self.api)
        self.host = QWidget()
        qtbot.addWidget(self.host)
        self.place = QVBoxLayout(self.host)
        self.host.show()
        self.file = data_dir / "events.ndjson"
        self.source = Source.EVENTS

    def begin(self) -> ExportPanel:
        return ExportPanel.write(self.services, self.source, "kind:task", self.file, self.place)

    def files(self) -> list[str]:
        return sorted(p.name for p in self.file.parent.iterdir() if p.name.startswith("events"))

    def said(self) -> list[str]:
        return [notice.title for notice in self.services.notices.standing()]


@pytest.fixture
async def room(qtbot: QtBot, tmp_path: Path) -> Room:
    return Room(qtbot, tmp_path)


async def test_an_export_appears_under_its_name_only_when_whole(room: Room) -> None:
    room.begin()
    room.api.let_go()
    await until(lambda: room.files() == ["events.ndjson.part"])
    room.api.let_go(whole=True)
    await until(room.said)
    assert room.files() == ["events.ndjson"]
    assert room.api.query == {"filter": "kind:task", "format": "ndjson"}
    assert room.said() == ["Export complete"]


async def test_progress_is_shown(room: Room) -> None:
    panel = room.begin()
    room.api.let_go()
    await until(lambda: panel._written == 11)
    panel._show()
    assert "11 B" in panel._text.text()
    panel.stop()
    await until(room.said)


async def test_a_stopped_export_leaves_nothing_behind_and_says_so(room: Room) -> None:
    panel = room.begin()
    room.api.let_go()
    await until(lambda: room.files() == ["events.ndjson.part"])
    panel.stop_button.click()
    await until(room.said)
    assert room.files() == []
    assert room.said() == ["Export stopped"]


async def test_a_failed_export_leaves_the_old_file_as_it_was(room: Room) -> None:
    room.file.write_text("old")
    room.begin()
    room.api.let_go(failure=ServerUnreachable("http://127.0.0.1:1"))
    await until(room.said)
    assert room.files() == ["events.ndjson"]
    assert room.file.read_text() == "old"


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable) as caught:
        await export_feed(ExportApi(), Source.EVENTS, "", tmp_path / "nowhere" / "events.csv")  # type: ignore[arg-type]  # a fake that has what is used
    assert "events.csv" in str(caught.value)


def test_the_name_decides_the_format() -> None:
    assert ExportFormat.of_file(Path("a.CSV")) is ExportFormat.CSV
    assert ExportFormat.of_file(Path("a.ndjson")) is ExportFormat.NDJSON
    assert ExportFormat.of_file(Path("a")) is ExportFormat.NDJSON


async def test_tasks_are_exported_by_the_same_strip(room: Room) -> None:
    room.source = Source.TASKS
    room.begin()
    room.api.let_go(whole=True)
    await until(room.said)
    assert (room.api.path, room.api.query["filter"]) == ("/tasks/export", "kind:task")
