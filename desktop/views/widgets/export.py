"""An export under way: how much is written, how long it takes, and Stop."""

import asyncio
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QDir, QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QProgressBar, QVBoxLayout

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.services import Services
from desktop.services.feed_export import export_feed
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label
from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.feeds import Source

REFRESH_MS: Final = 250


class ExportPanel(Card):
    """A strip under the table for one export; it goes away when that has ended."""

    def __init__(self, services: Services, source: Source, filter_: str, file: Path, route: str = "") -> None:
        super().__init__(margins=(12, 8, 12, 8))
        self.setObjectName("export")
        self._services = services
        self._source = source
        self._filter = filter_
        self._file = file
        self._route = route
        self._written = 0
        self._begun = time.monotonic()
        self._text = Label()
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedSize(96, 4)
        self.stop_button = Button(tr("Stop"), self.stop, icon_name="ph.stop")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(bar)
        row.addWidget(self._text, 1)
        row.addWidget(self.stop_button)
        self.body.addLayout(row)
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self._show)
        self._clock.start()
        self._show()
        self._task = spawn(self._run(), name="export", notify=self._on_failed)

    @classmethod
    def begin(cls, services: Services, source: Source, filter_: str, place: QVBoxLayout, route: str = "") -> QFileDialog:
        """Ask for a file, then write it. *place* is where the strip appears, *route* what writes it where the source does not."""
        parent = place.parentWidget()
        dialog = QFileDialog(parent, tr("Export tasks") if source is Source.TASKS else tr("Export events"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr("One JSON object a line (*.ndjson)"), tr("Comma-separated values (*.csv)")])
        dialog.setDefaultSuffix("ndjson")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("csv" if "*.csv" in chosen else "ndjson"))
        dialog.setDirectory(services.settings.value("export/folder", QDir.homePath()))
        dialog.selectFile(f"{source.value}.ndjson")
        dialog.fileSelected.connect(lambda name: cls.write(services, source, filter_, Path(name), place, route))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    @classmethod
    def write(cls, services: Services, source: Source, filter_: str, file: Path, place: QVBoxLayout, route: str = "") -> "ExportPanel":
        """Begin to write *file*."""
        services.settings.set_value("export/folder", str(file.parent))
        panel = cls(services, source, filter_, file, route)
        place.addWidget(panel)
        return panel

    def stop(self) -> None:
        """Write no more; nothing is left behind."""
        self._task.cancel()

    async def _run(self) -> None:
        try:
            written = await export_feed(
                self._services.api, self._source, self._filter, self._file, route=self._route, progress=self._on_progress
            )
        except asyncio.CancelledError:
            self._end()
            self._services.notices.info(tr("Export stopped"), tr("{file} was not written.", file=str(self._file)))
            raise
        self._end()
        self._services.notices.info(tr("Export complete"), tr("{file}, {size}", file=str(self._file), size=size(written)))

    def _on_progress(self, written: int) -> None:
        self._written = written

    def _on_failed(self, exc: BaseException) -> None:
        self._end()
        self._services.notices.from_exception(exc)

    def _end(self) -> None:
        self._clock.stop()
        self.hide()
        self.deleteLater()

    def _show(self) -> None:
        seconds = int(time.monotonic() - self._begun)
        self._text.setText(
            tr("Exporting to {file}: {size} written, {seconds} s", file=self._file.name, size=size(self._written), seconds=seconds)
        )
