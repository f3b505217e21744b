"""Schemas: the user's own, added from files, and the subjects of the connection's Schema Registry, with their text."""

import asyncio
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_schemas import SchemaRow, format_of_file, problem_words, rows_of_own, rows_of_subjects
from desktop.core.problems import problem_of
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.kafka.schemas.files import UnreadableFile, read_files
from desktop.views.kafka.schemas.list import SchemaList
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.confirm_bar import ConfirmBar
from desktop.views.widgets.form_sheet import line_field, text_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import LocalSchema, SchemaUsed

WIDTH_PX: Final = 600
OWN, REGISTRY = "own", "registry"
REST_S: Final = 0.3


class SchemasSheet(KafkaSheet):
    """What is chosen in the list is shown under it. `done` tells that the user's own are others now."""

    changed = Signal()
    """The user's own schemas are others now."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Schemas"), width=WIDTH_PX)
        self._own: list[LocalSchema] = []
        self._used: SchemaUsed | None = None
        """What a record was read with, while that is looked up."""
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_place()

    def open_to(self, connection: Connection) -> None:
        """Show the user's own schemas, and what *connection*'s registry has."""
        self.show_failure()
        self._used = None
        self.point_at(connection)
        self._jobs.start("own", self._load_own(), self._on_load_failed)
        self._start_search()
        self.open_sheet(self.place_choice)

    def look_up(self, connection: Connection, used: SchemaUsed) -> None:
        """Show the very schema that a record was read with, in the version it had."""
        self.open_to(connection)
        self._used = used
        is_own = used.id is None
        self.search.setText("" if is_own else used.subject)
        self.place_choice.set_current(OWN if is_own else REGISTRY)
        self._on_place_chosen()

    def rows(self) -> list[SchemaRow]:
        """Answer what is listed."""
        return self.list.rows()

    def text(self) -> str:
        """Answer the text that is shown."""
        return self._text.toPlainText()

    def add_files(self, paths: Sequence[str]) -> None:
        """Read files and keep them as schemas of the user's own; one that another of them imports is kept with that one."""
        self.show_failure()
        self._jobs.start("add", self._add(paths), self._on_add_failed)

    def choose_files(self) -> QFileDialog:
        """Ask for files; nothing waits for the answer."""
        dialog = QFileDialog(self.window(), tr("Schemas to add"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([tr("Schemas (*.avsc *.proto *.json)"), tr("All files (*)")])
        dialog.filesSelected.connect(self.add_files)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    # -- how it is made

    def _make_fields(self) -> None:
        places = [(OWN, tr("Your own")), (REGISTRY, "Schema Registry")]
        self.place_choice = Segmented(places, OWN, name=tr("Which schemas"))
        self.search = line_field(tr("Search subjects"), tr("Search subjects"))
        self.add = PrimaryButton(tr("Add from files…"), self.choose_files)
        self.remove = Button(tr("Delete…"), self._ask_to_remove, icon_name="ph.trash")
        self.confirm = ConfirmBar()
        self.list = SchemaList()
        self._nothing = Wrapped(small=False)
        self._text_caption = caption()
        self._text = text_field(tr("Text of the schema"), "", lines=16)
        self._text.setReadOnly(True)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.place_choice)
        head.addWidget(self.search, 1)
        head.addStretch(0)
        self.form.addLayout(head)
        self.form.addSpacing(4)
        for widget in (self.list, self._nothing, self.confirm, self._text_caption, self._text):
            self.form.addWidget(widget)
        self.form.addStretch(1)
        self.foot.addWidget(self.add)
        self.foot.addWidget(self.remove)
        self.foot.addStretch(1)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        self.place_choice.chosen.connect(self._on_place_chosen)
        self.search.textEdited.connect(lambda _: self._start_search(REST_S))
        self.list.chosen.connect(self._show_row)
        self.confirm.confirmed.connect(self._start_removing)

    # -- what is listed

    def _is_own(self) -> bool:
        return self.place_choice.current() == OWN

    async def _load_own(self) -> None:
        self._own = await self._service.local_schemas()
        self._show_place()

    def _start_search(self, rest_s: float = 0.0) -> None:
        if not self._is_own() and self.connection is not None:
            self._jobs.start("subjects", self._load_subjects(self.connection.id, self.search.text().strip(), rest_s), self._on_load_failed)

    async def _load_subjects(self, connection: str, search: str, rest_s: float) -> None:
        await asyncio.sleep(rest_s)
        subjects = await self._service.subjects(connection, search)
        if not self._is_own():
            none = tr("No subject is called so.") if search else tr("The Schema Registry holds no subject yet.")
            self._show_rows(rows_of_subjects(subjects), none)

    def _on_load_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
        else:
            self._show_rows([], problem_words(problem))

    def _on_place_chosen(self) -> None:
        self.confirm.hide()
        self._show_place()
        self._start_search()

    def _show_place(self) -> None:
        own = self._is_own()
        self.search.setVisible(not own)
        self.add.setVisible(own)
        if own:
            none = tr("None yet. Add .avsc, .proto or .json files, or drop them here: records are read and written with them.")
            self._show_rows(rows_of_own(self._own), none)
        else:
            self._show_rows([], tr("Asking the Schema Registry …"))

    def _show_rows(self, rows: list[SchemaRow], nothing: str) -> None:
        self.list.show_rows(rows)
        used = next((row for row in rows if self._is_used(row)), None)
        if used is not None:
            self.list.choose(used.name)
        self.list.setVisible(bool(rows))
        self._nothing.setText("" if rows else nothing)
        self._nothing.setVisible(not rows)
        self._show_row(self.list.current())

    def _show_row(self, row: SchemaRow | None) -> None:
        """Show a schema's text; one of the registry is asked for."""
        self.remove.setVisible(self._is_own())
        self.remove.setEnabled(row is not None)
        self._text.setVisible(row is not None)
        self._text_caption.setVisible(row is not None)
        self.confirm.hide()
        if row is None:
            return
        self._text_caption.setText(row.about)
        if row.subject:
            self._jobs.start("text", self._load_text(row), self._on_text_failed)
        else:
            self._text.setPlainText(row.text)

    def _is_used(self, row: SchemaRow) -> bool:
        used = self._used
        if used is None or (used.id is None) != (not row.subject):
            return False
        return row.subject == used.subject if row.subject else used.name in {row.name, *row.defines.split(", ")}

    async def _load_text(self, row: SchemaRow) -> None:
        self._text.setPlainText("")
        used = self._used
        if used is not None and self._is_used(row):
            found = await self._service.schema(self.connection_id(), schema_id=used.id)
            version = found.version if found.version is not None else used.version
            words = tr("{subject}, version {version}, id {id}", subject=row.subject, version=version or "\u2013", id=found.id)
        else:
            found = await self._service.schema(self.connection_id(), subject=row.subject, version=row.version)
            words = row.about
        if self.list.current() == row:
            self._text_caption.setText(words)
            self._text.setPlainText(found.text)

    def _on_text_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
        else:
            self._text.setPlainText(problem_words(problem))

    # -- adding and deleting

    async def _add(self, paths: Sequence[str]) -> None:
        try:
            files = await asyncio.to_thread(read_files, paths, self._own)
        except UnreadableFile as exc:
            self.show_failure(exc.title, exc.hint)
            return
        for file in files:
            name = file.path.name
            before = next((schema.id for schema in self._own if schema.name == name), "")
            schema = LocalSchema(before, name, format_of_file(name, file.text), file.text, imports=dict(file.imports))
            self._own = await self._service.save_local_schema(schema)
            self.place_choice.set_current(OWN)
            self._show_place()
            self.list.choose(name)
            self.changed.emit()
            self.done.emit(schema)

    def _on_add_failed(self, exc: BaseException) -> None:
        """The server names the file, the line and what is wrong there."""
        self.show_problem(exc, signed_out=tr("You were signed out before this was kept"))

    def _ask_to_remove(self) -> None:
        row = self.list.current()
        if row is not None:
            self.confirm.ask(
                tr("Delete the schema “{name}”?", name=row.name),
                tr("Topics that are read with it are read by themselves again. The file on your disk stays."),
                act=tr("Delete “{name}”", name=row.name),
                keep=tr("Keep it"),
            )

    def _start_removing(self) -> None:
        row = self.list.current()
        if row is not None and row.id:
            self._jobs.start("remove", self._remove(row.id), self._on_add_failed)

    async def _remove(self, schema_id: str) -> None:
        self._own = await self._service.remove_local_schema(schema_id)
        self._show_place()
        self.changed.emit()
        self.done.emit(schema_id)

    # -- Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add them."""
        self.add_files([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
