"""The form that adds a stream or changes one: a sheet beside the frames that keeps every letter typed until it was saved."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from desktop.core.i18n import tr
from desktop.core.names import free_name
from desktop.core.streams_draft import Draft, Entry, EntryFault, draft_of, prepare, url_for_kind
from desktop.services.notices import Notices
from desktop.services.streams import StreamService
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.form_sheet import FormSheet, field_group, line_field, text_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from embedded_server.contracts.streams import MASK, Stream, StreamKind, StreamSpec

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class StreamForm(FormSheet):
    """Kind, URL, name, method, headers, body, subprotocols. ``Ctrl+Enter`` saves from any field."""

    saved = Signal(object, bool)
    """A `Stream` that was added or changed, and whether it is to be opened."""

    def __init__(self, host: QWidget, service: StreamService, notices: Notices, is_taken: Callable[[str], bool]) -> None:
        super().__init__(host, tr("Add stream"), notices)
        self._service = service
        self._is_taken = is_taken
        self._editing = ""
        """Id of the stream that is changed; empty while one is added."""
        self._loading = False
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_draft(service.draft)

    # -- what the panel asks

    def open_to_add(self) -> None:
        """Open the form for a new stream, with what was typed before."""
        if self._editing:
            self._editing = ""
            self._show_draft(self._service.draft)
        self._show_purpose()
        self.open_sheet(self.url)

    def open_to_edit(self, stream: Stream) -> None:
        """Open the form for a stream there is."""
        self._editing = stream.id
        self._show_draft(draft_of(stream.spec))
        self._show_purpose()
        self.open_sheet(self.url)

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return Draft(
            name=self.name.text(),
            kind=StreamKind(self.kind.current()),
            url=self.url.text(),
            method=self.method.currentText(),
            headers=self.headers.toPlainText(),
            body=self.request_body.toPlainText(),
            subprotocols=self.subprotocols.text(),
            reconnect=self.reconnect.isChecked(),
        )

    def start_save(self, *, then_open: bool) -> None:
        """Check everything; save it if it holds, else go to the first fault."""
        if self._jobs.is_running("save"):
            return
        prepared = prepare(self.draft())
        self._clear_faults()
        if prepared.spec is None:
            self._show_faults(prepared.faults)
            return
        spec = prepared.spec
        if not self.name.text().strip():
            spec = replace(spec, name=free_name(spec.name, self._is_taken))
        self._jobs.start("save", self._save(spec, then_open=then_open), self._on_failed).add_done_callback(lambda _: self._show_busy())
        self._show_busy()

    def fault(self, entry: Entry) -> str:
        """Answer what stands under a field."""
        return self._faults[entry].text()

    # -- how it is made

    def _make_fields(self) -> None:
        kinds = [(StreamKind.SSE.value, tr("Server-Sent Events")), (StreamKind.WEBSOCKET.value, "WebSocket")]
        self.kind = Segmented(kinds, StreamKind.SSE.value, name=tr("Kind"))
        self.url = line_field(tr("URL"), "https://example.org/events")
        self.name = line_field(tr("Name"), tr("From its URL"))
        self.method = QComboBox()
        self.method.setAccessibleName(tr("Method"))
        self.method.addItems(METHODS)
        self.headers = text_field(tr("Headers"), "Authorization: Bearer …", lines=4)
        self.request_body = text_field(tr("Body"), '{"prompt": "…"}', lines=4)
        self.subprotocols = line_field(tr("Subprotocols"), "graphql-transport-ws, v1.json")
        self.reconnect = QCheckBox(tr("Connect again when the connection is lost"))
        self.reconnect.setChecked(True)
        self._hidden_note = caption(tr("Values shown as {mask} are kept in the server and stay as they are.", mask=MASK), wrap=True)
        self._faults = {entry: caption(tone="bad", wrap=True) for entry in Entry}
        self.save_and_open = PrimaryButton(tr("Add and open"), lambda: self.start_save(then_open=True))
        self.save = Button(tr("Add"), lambda: self.start_save(then_open=False))

    def _lay_out(self) -> None:
        self._groups: dict[str, QWidget] = {}
        for key, label, widget, entry in (
            ("kind", tr("Kind"), self.kind, None),
            ("url", tr("URL"), self.url, Entry.URL),
            ("name", tr("Name"), self.name, Entry.NAME),
            ("method", tr("Method"), self.method, None),
            ("subprotocols", tr("Subprotocols"), self.subprotocols, None),
            ("headers", tr("Headers, one a line"), self.headers, Entry.HEADERS),
            ("body", tr("Body"), self.request_body, None),
        ):
            self._groups[key] = field_group(label, widget, self._faults[entry] if entry else None)
            self.form.addWidget(self._groups[key])
        self.form.addWidget(self._hidden_note)
        self.form.addSpacing(4)
        self.form.addWidget(self.reconnect)
        self.form.addStretch(1)
        self.foot.addWidget(self.save_and_open)
        self.foot.addWidget(self.save)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)

    def _connect(self) -> None:
        self.kind.chosen.connect(self._on_kind_chosen)
        for line in (self.url, self.name, self.subprotocols):
            line.textEdited.connect(self._on_edited)
            line.returnPressed.connect(lambda: self.start_save(then_open=True))
        for text in (self.headers, self.request_body):
            text.textChanged.connect(self._on_edited)
        self.method.activated.connect(self._on_edited)
        self.reconnect.toggled.connect(self._on_edited)
        self.submit_requested.connect(lambda: self.start_save(then_open=True))

    # -- what happens

    def _show_draft(self, draft: Draft) -> None:
        self._loading = True
        self.kind.set_current(draft.kind.value)
        self.url.setText(draft.url)
        self.name.setText(draft.name)
        self.method.setCurrentText(draft.method)
        if self.method.currentText() != draft.method:
            self.method.addItem(draft.method)
            self.method.setCurrentText(draft.method)
        self.headers.setPlainText(draft.headers)
        self.request_body.setPlainText(draft.body)
        self.subprotocols.setText(draft.subprotocols)
        self.reconnect.setChecked(draft.reconnect)
        self._loading = False
        self._clear_faults()
        self._show_fields()

    def _show_purpose(self) -> None:
        self.heading.setText(tr("Edit stream") if self._editing else tr("Add stream"))
        self.save_and_open.setText(tr("Save and open") if self._editing else tr("Add and open"))
        self.save.setText(tr("Save") if self._editing else tr("Add"))
        self._show_busy()

    def _show_fields(self) -> None:
        draft = self.draft()
        websocket = draft.kind is StreamKind.WEBSOCKET
        self._groups["method"].setVisible(not websocket)
        self._groups["body"].setVisible(not websocket and (draft.method != "GET" or bool(draft.body)))
        self._groups["subprotocols"].setVisible(websocket)
        self._hidden_note.setVisible(MASK in draft.headers or MASK in draft.url)

    def _show_busy(self) -> None:
        busy = self._jobs.is_running("save")
        for button in (self.save, self.save_and_open):
            button.setEnabled(not busy)

    def _on_kind_chosen(self, kind: str) -> None:
        self.url.setText(url_for_kind(self.url.text(), StreamKind(kind)))
        self._on_edited()

    def _on_edited(self) -> None:
        if self._loading:
            return
        if not self._editing:
            self._service.draft = self.draft()
        self._show_fields()

    def _clear_faults(self) -> None:
        self.show_failure()
        for label in self._faults.values():
            label.setText("")
            label.hide()

    def _show_faults(self, faults: tuple[EntryFault, ...]) -> None:
        places = {Entry.NAME: self.name, Entry.URL: self.url, Entry.HEADERS: self.headers}
        for fault in faults:
            label = self._faults[fault.entry]
            label.setText(f"{tr(fault.title, **dict(fault.params))}. {tr(fault.hint)}")
            label.show()
        places[faults[0].entry].setFocus()

    async def _save(self, spec: StreamSpec, *, then_open: bool) -> None:
        if self._editing:
            stream = await self._service.change(self._editing, spec)
        else:
            stream = await self._service.add(spec)
            self._service.draft = Draft()
            self._show_draft(self._service.draft)
        self.close_sheet()
        self.saved.emit(stream, then_open)

    def _on_failed(self, exc: BaseException) -> None:
        self.show_problem(exc, signed_out=tr("You were signed out before this was saved"))
