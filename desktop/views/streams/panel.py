"""The Streams panel: the list, the chosen stream's head, its frames live with the detail beside them, and the send box."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.core.feed_filter import term
from desktop.core.feeds import FeedStatus, Link
from desktop.core.i18n import tr
from desktop.core.names import free_name
from desktop.core.problems import ServerUnreachable, hint_of, problem_of, title_of
from desktop.core.streams_words import open_count
from desktop.models.streams_model import StreamsModel
from desktop.services import Services
from desktop.services.streams import stream_service
from desktop.views.panel import Panel
from desktop.views.streams.columns import STREAM_COLUMNS
from desktop.views.streams.form import StreamForm
from desktop.views.streams.head import StreamHead
from desktop.views.streams.send_box import SendBox
from desktop.views.streams.stream_list import WIDTH_PX, StreamList
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.feed_view import FeedView
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.streams import SendRequest, Stream, StreamKind, StreamSpec, StreamState

SETTINGS_KEY: Final = "streams"
REFRESH_MS: Final = 500
RETRY_MS: Final = 2_000
"""While the server does not answer, the frame tells so; asking more often helps nobody."""
NO_STREAM: Final = 'connection:""'
"""Lists nothing: every event has a connection."""


class Nothing(EmptyStateView):
    """An empty page whose sentence has the room it needs: height for width gets lost on the way up through stacked pages."""

    def set_state(self, state: EmptyState) -> None:
        """Show another state."""
        super().set_state(state)
        width = self._sentence.maximumWidth()
        self._sentence.setMinimumSize(width, max(self._sentence.heightForWidth(width), 0))


class StreamsPanel(Panel):
    """Composes the parts and carries messages between them; each part works alone."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("streams")
        self._services = services
        self._service = stream_service(services.api)
        self._service.keep_draft_of(services.session.state.account)
        self._jobs = Jobs(self)
        self._is_told = False
        self._wanted_id = services.settings.value(f"{SETTINGS_KEY}/chosen", "")
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self._refresh)
        self.model = StreamsModel(self)
        self._make_actions()
        self.list = StreamList(self.model)
        self.head = StreamHead()
        self.detail = EventDetail(services)
        self._empty = self._no_frames(None)
        self.feed = FeedView(
            services,
            source=Source.EVENTS,
            columns=STREAM_COLUMNS,
            settings_key=SETTINGS_KEY,
            base_filter=NO_STREAM,
            empty=self._empty,
            detail=self.detail,
        )
        self.feed.filter_bar.line.setPlaceholderText(tr("Filter: words, status:paid, key:42, body.order.id:7"))
        self.send_box = SendBox(self._service)
        self.form = StreamForm(self, self._service, services.notices, self._is_taken)
        self._lay_out()
        self._connect()
        self._follow_choice(None)

    def _make_actions(self) -> None:
        self._add = make_action(self, tr("Add stream"), self.open_form, shortcut="Ctrl+N", icon_name="ph.plus")
        self._add.setToolTip(tr("Add an event stream or a WebSocket (Ctrl+N)"))
        self._demo_sse = make_action(
            self, tr("Follow this server's tasks (SSE)"), lambda: self.start_demo(StreamKind.SSE), icon_name="ph.broadcast"
        )
        self._demo_ws = make_action(
            self, tr("Follow this server's tasks (WebSocket)"), lambda: self.start_demo(StreamKind.WEBSOCKET), icon_name="ph.broadcast"
        )
        self._open = make_action(self, tr("Open the chosen stream"), self.start_open, shortcut="Ctrl+Shift+O", icon_name="ph.play")
        self._close = make_action(self, tr("Close the chosen stream"), self.start_close, shortcut="Ctrl+Shift+X", icon_name="ph.stop")
        self._drop = make_action(self, tr("Cut the chosen stream's connection"), self.start_drop, icon_name="ph.scissors")
        self._edit = make_action(self, tr("Edit the chosen stream…"), self.open_edit, icon_name="ph.pencil-simple")
        self._delete = make_action(self, tr("Delete the chosen stream…"), self.ask_to_delete, icon_name="ph.trash")
        self._retry = make_action(self, tr("Ask again"), self._refresh, icon_name="ph.arrow-clockwise")

    def _lay_out(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.head)
        column.addWidget(self.feed, 1)
        column.addWidget(self.send_box)
        self._splitter = QuietSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([self._services.settings.value(f"{SETTINGS_KEY}/list_px", WIDTH_PX), 800])
        self._message = Nothing(EmptyState("ph.broadcast", tr("Asking for the streams …")))
        self._pages = QStackedWidget()
        for page in (self._message, self._splitter, Nothing(self._nothing_yet())):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self.setFocusProxy(self.list.view)

    def _connect(self) -> None:
        self.list.chosen.connect(self._on_chosen)
        self._services.feeds.state_changed.connect(self._on_link_changed)
        self.list.opened.connect(self._on_list_opened)
        self.head.open_requested.connect(self.start_open)
        self.head.close_requested.connect(self.start_close)
        self.head.drop_requested.connect(self.start_drop)
        self.head.edit_requested.connect(self.open_edit)
        self.head.delete_requested.connect(self.start_delete)
        self.send_box.send_requested.connect(self._on_send_requested)
        self.form.saved.connect(self._on_saved)
        self.feed.row_selected.connect(self.detail.show_row)
        self.feed.status_changed.connect(self._on_status_changed)
        self.feed.trace_requested.connect(self.trace_requested)
        self.detail.trace_requested.connect(self.trace_requested)
        self.detail.path_filter_requested.connect(self._on_path_filter_requested)
        self.detail.close_requested.connect(self.feed.close_detail)
        self._splitter.splitterMoved.connect(
            lambda *_: self._services.settings.set_value(f"{SETTINGS_KEY}/list_px", self._splitter.sizes()[0])
        )

    # -- what the window asks

    def primary_action(self) -> QAction | None:
        """Adding a stream."""
        return self._add

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        own = [self._add, self._demo_sse, self._demo_ws, self._open, self._close, self._drop, self._edit, self._delete]
        return [*own, *self.feed.actions()]

    def focus_filter(self) -> bool:
        """The cursor into the frames' filter."""
        return self.model.rowCount() > 0 and self.feed.focus_filter()

    def go_back(self) -> bool:
        """Close the innermost: the form, a question, the detail."""
        if self.form.is_open():
            self.form.close_sheet()
            return True
        if self.head.confirm.isVisible():
            self.head.confirm.hide()
            return True
        return self.feed.go_back()

    def activate(self) -> None:
        """Ask for the streams, and follow the frames."""
        self.feed.activate()
        self._refresh()
        self._clock.start()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks. Streams go on: they live in the server."""
        self._clock.stop()
        self.feed.deactivate()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._jobs.stop()
        await self.form.stop()

    # -- acts

    @property
    def current(self) -> Stream | None:
        """The chosen stream."""
        return self.list.current()

    def open_form(self) -> None:
        """Open the form for a new stream."""
        self.form.open_to_add()

    def open_edit(self) -> None:
        """Open the form for the chosen stream."""
        if (stream := self.current) is not None:
            self.form.open_to_edit(stream)

    def ask_to_delete(self) -> None:
        """Ask, in place, naming what is lost."""
        self.head.ask_to_delete()

    def start_open(self) -> None:
        """Open the chosen stream, or let it try at once."""
        if (stream := self.current) is not None:
            self._act(self._service.open, stream)

    def start_close(self) -> None:
        """Close the chosen stream."""
        if (stream := self.current) is not None:
            self._act(self._service.close, stream)

    def start_drop(self) -> None:
        """Cut the chosen stream's connection."""
        if (stream := self.current) is not None:
            self._act(self._service.drop, stream)

    def start_delete(self) -> None:
        """Forget the chosen stream: the user has been asked."""
        if (stream := self.current) is not None:
            self._begin(self._delete_stream(stream.id))

    def start_demo(self, kind: StreamKind) -> None:
        """Follow this server's own tasks: the stream that every first launch can open."""
        if not self._jobs.is_running("act"):
            self._begin(self._open_demo(kind))

    def _act(self, ask: Callable[[str], Coroutine[Any, Any, Stream]], stream: Stream) -> None:
        async def act() -> None:
            self._show_one(await ask(stream.id))

        self._begin(act())

    def _begin(self, act: Coroutine[Any, Any, None]) -> None:
        self._jobs.cancel("refresh")  # its answer would be older than the act's
        self._jobs.start("act", act, self._services.notices.from_exception)

    async def _delete_stream(self, stream_id: str) -> None:
        await self._service.remove(stream_id)
        self._show_all([stream for stream in self.model.streams if stream.id != stream_id])

    async def _open_demo(self, kind: StreamKind) -> None:
        stream = next((one for one in self.model.streams if one.spec.kind is kind and one.spec.url == "hub:tasks"), None)
        if stream is None:
            name = tr("tasks over SSE") if kind is StreamKind.SSE else tr("tasks over WebSocket")
            stream = await self._service.add(StreamSpec(free_name(name, self._is_taken), kind, "hub:tasks"))
        self._wanted_id = stream.id
        self._show_one(await self._service.open(stream.id))

    def _on_send_requested(self, request: SendRequest) -> None:
        if (stream := self.current) is not None:
            self._jobs.start("send", self._send(stream.id, request), self._on_send_failed)

    async def _send(self, stream_id: str, request: SendRequest) -> None:
        try:
            self._show_one(await self._service.send(stream_id, request))
        except asyncio.CancelledError:
            self.send_box.failed(None)
            raise
        self.send_box.sent()

    def _on_send_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        self.send_box.failed(problem)
        if problem is None:
            self._services.notices.from_exception(exc)

    # -- how it stays current

    def _refresh(self) -> None:
        if not self._jobs.is_running("refresh") and not self._jobs.is_running("act"):
            self._jobs.start("refresh", self._load(), self._on_load_failed)

    async def _load(self) -> None:
        streams = await self._service.all()
        self._is_told = False
        self._clock.setInterval(REFRESH_MS)
        self._show_all(streams)

    def _on_load_failed(self, exc: BaseException) -> None:
        self._clock.setInterval(RETRY_MS)
        problem = problem_of(exc)
        if problem is not None and not self.model.streams:
            self._pages.setCurrentIndex(0)
            self._message.set_state(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._retry,)))
        elif not self._is_told and not isinstance(exc, ServerUnreachable):  # of that one the window's banner tells
            self._is_told = True
            self._services.notices.from_exception(exc)

    def _show_one(self, stream: Stream) -> None:
        self.model.set_stream(stream)
        self._after_change()

    def _show_all(self, streams: list[Stream]) -> None:
        self.model.set_streams(streams)
        self._after_change()

    def _after_change(self) -> None:
        streams = self.model.streams
        self._pages.setCurrentIndex(1 if streams else 2)
        if self._wanted_id and self.model.index_of(self._wanted_id).isValid():
            self.list.choose(self._wanted_id)
            self._wanted_id = ""
        if self.current is None and streams:
            self.list.choose(streams[0].id)
        self.model.repaint_waiting()
        self._follow_choice(self.current)
        self._tell_count()

    def _on_link_changed(self, link: Link) -> None:
        self.list.set_dimmed(not link.is_open)
        self.head.set_dimmed(not link.is_open)

    def _on_status_changed(self, status: FeedStatus) -> None:
        self.status.emit(status)
        self._tell_count()  # beside the panel's name stand the open streams, not the chosen one's frames

    def _tell_count(self) -> None:
        self.count_changed.emit(open_count(self.model.streams) or -1)

    def _on_chosen(self, stream: Stream | None) -> None:
        self.feed.forget_selection()
        self.detail.clear()
        self._services.settings.set_value(f"{SETTINGS_KEY}/chosen", stream.id if stream else "")
        self._follow_choice(stream)

    def _follow_choice(self, stream: Stream | None) -> None:
        for action in (self._edit, self._delete):
            action.setEnabled(stream is not None)
        state = stream.state if stream else None
        self._open.setEnabled(state not in {None, StreamState.OPEN, StreamState.CONNECTING})
        self._close.setEnabled(state in {StreamState.OPEN, StreamState.CONNECTING, StreamState.WAITING})
        self._drop.setEnabled(state is StreamState.OPEN)
        self.send_box.setVisible(stream is not None and stream.spec.kind is StreamKind.WEBSOCKET)
        if stream is None:
            self.feed.set_base_filter(NO_STREAM)
            return
        self.head.show_stream(stream)
        self.send_box.show_stream(stream)
        self.feed.set_base_filter(f"{term('connection', stream.spec.name)} (kind:sse OR kind:ws)")
        empty = self._no_frames(stream)
        if empty != self._empty:
            self._empty = empty
            self.feed.set_empty(empty)

    def _on_list_opened(self, stream: Stream | None) -> None:
        if stream is not None and stream.state not in {StreamState.OPEN, StreamState.CONNECTING}:
            self.start_open()

    def _on_saved(self, stream: Stream, then_open: bool) -> None:
        self._wanted_id = stream.id
        self._show_one(stream)
        if then_open:
            self._act(self._service.open, stream)

    def _is_taken(self, name: str) -> bool:
        return any(stream.spec.name.casefold() == name.casefold() for stream in self.model.streams)

    def _on_path_filter_requested(self, path: str, raw: str) -> None:
        self.feed.add_raw_term(f"body{'' if path.startswith('[') else '.'}{path}:{raw}")

    # -- words

    def _nothing_yet(self) -> EmptyState:
        sentence = tr("Add an event stream or a WebSocket: every frame appears here and stays. Or begin with this server's own tasks.")
        return EmptyState("ph.broadcast", tr("No stream yet"), sentence, (self._demo_sse, self._demo_ws, self._add))

    def _no_frames(self, stream: Stream | None) -> EmptyState:
        if stream is None or stream.state in {StreamState.IDLE, StreamState.CLOSED}:
            return EmptyState("ph.broadcast", tr("No frame yet"), tr("Open the stream: its frames appear here."), (self._open,))
        return EmptyState("ph.broadcast", tr("No frame yet"), tr("What the other side sends appears here the moment it comes."))


def build(services: Services) -> StreamsPanel:
    """Make the panel."""
    return StreamsPanel(services)
