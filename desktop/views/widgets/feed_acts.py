"""What can be done with a feed's rows: copy, filter by a value, show a trace, choose columns, export."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from desktop.core.feed_copy import event_as_json, row_as_json
from desktop.core.i18n import tr, trn
from desktop.services import Services
from desktop.views.widgets.feed_header import ColumnKeeper
from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.tasks import TaskDetail

if TYPE_CHECKING:
    from desktop.views.widgets.feed_view import FeedView

MAX_COPIED: Final = 500
"""More rows than that belong into a file."""
AT_ONCE: Final = 8
MENU_VALUE_CHARS: Final = 40


class FeedActs(QObject):
    """The acts of one `FeedView`."""

    def __init__(self, services: Services, view: "FeedView") -> None:
        super().__init__(view)
        self._services = services
        self._view = view

    # -- menus

    def menu(self, index: QModelIndex) -> QMenu:
        """Answer the menu on a cell."""
        view, model = self._view, self._view.model
        menu = QMenu(view)
        menu.aboutToHide.connect(menu.deleteLater)
        row = model.row_at(index.row())
        count = view.table.selected_count()
        menu.addAction(trn("Copy as JSON", "Copy {n} rows as NDJSON", count)).triggered.connect(self.copy_rows)
        if row is None:
            return menu
        column = model.columns[index.column()]
        value = column.whole(row)
        menu.addAction(tr("Copy the cell")).triggered.connect(lambda: self.copy_text(value))
        if column.filter_field and value:
            menu.addSeparator()
            shown = value if len(value) <= MENU_VALUE_CHARS else f"{value[:MENU_VALUE_CHARS]}…"
            field = column.filter_field
            only = menu.addAction(tr("Only {field}: {value}", field=field, value=shown))
            only.triggered.connect(lambda: view.add_term(field, value))
            no = menu.addAction(tr("Without {field}: {value}", field=field, value=shown))
            no.triggered.connect(lambda: view.add_term(field, value, exclude=True))
        if trace := getattr(row, "trace", ""):
            menu.addSeparator()
            menu.addAction(tr("Show the trace")).triggered.connect(lambda: view.trace_requested.emit(trace))
        return menu

    def more_menu(self, keeper: ColumnKeeper) -> QMenu:
        """Answer the menu behind the three dots."""
        menu = QMenu(self._view)
        columns = keeper.menu()
        columns.setTitle(tr("Columns"))
        columns.setIcon(menu.icon())
        menu.addMenu(columns)
        menu.addSeparator()
        menu.addAction(tr("Copy as JSON")).triggered.connect(self.copy_rows)
        menu.addAction(tr("Export…")).triggered.connect(self.start_export)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    # -- copying

    def copy_text(self, text: str) -> None:
        """Put *text* on the clipboard."""
        QGuiApplication.clipboard().setText(text)

    def copy_rows(self) -> None:
        """Copy what is selected: one row as JSON, more as a line of JSON each."""
        table = self._view.table
        count = table.selected_count()
        if not count:
            return
        if count > MAX_COPIED:
            self._services.notices.warn(
                trn("{n} row is too much for the clipboard", "{n} rows are too many for the clipboard", count),
                tr("Copy up to {n} rows, or export them to a file.", n=MAX_COPIED),
            )
            return
        spawn(self._copy(list(table.selected_rows())), name="copy-rows", notify=self._services.notices.from_exception)

    async def _copy(self, numbers: list[int]) -> None:
        rows = [row for number in numbers if (row := self._view.model.row_at(number)) is not None]
        gate = asyncio.Semaphore(AT_ONCE)
        indent = 2 if len(rows) == 1 else None

        async def text_of(row: Any) -> str:
            async with gate:
                return await self._text_of(row, indent)

        texts = await asyncio.gather(*(text_of(row) for row in rows))
        self.copy_text("\n".join(texts))
        self._services.notices.info(trn("{n} row copied", "{n} rows copied", len(texts)))
        if missing := len(numbers) - len(rows):
            self._services.notices.warn(
                trn("{n} row was not copied: it has not been loaded", "{n} rows were not copied: they have not been loaded", missing),
                tr("Scroll over them, or export them to a file."),
            )

    async def _text_of(self, row: Any, indent: int | None) -> str:
        if isinstance(row, Row):
            event = await self._services.api.get(f"/events/{row.seq}", EventDetail)
            return await asyncio.to_thread(event_as_json, event, indent=indent)
        task = await self._services.api.get(f"/tasks/{row.id}", TaskDetail)
        return row_as_json(task, indent=indent)

    # -- export

    def start_export(self) -> None:
        """Write all that the feed lists to a file."""
        from desktop.views.widgets.export import ExportPanel

        ExportPanel.begin(self._services, self._view.source, self._view.filter_text, self._view.below_table, self._view.export_route)
