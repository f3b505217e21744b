"""The top of a stream: what it is, how it fares, the proof that it resumed, and what can be done with it."""

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.formatting import size
from desktop.core.i18n import tr, trn
from desktop.core.problems import hint_of, title_of
from desktop.core.streams_words import KIND_WORDS, close_text, count_text, countdown, rate_text, resume_proof, state_tone, state_word
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.confirm_bar import ConfirmBar
from desktop.views.widgets.labels import Label, caption, mono, title
from desktop.views.widgets.state_label import StateLabel
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.streams import Stream, StreamKind, StreamState

_RUNNING = frozenset({StreamState.OPEN, StreamState.CONNECTING, StreamState.WAITING})


class StreamHead(Card):
    """Title, state, figures, problem and acts of the chosen stream."""

    open_requested = Signal()
    close_requested = Signal()
    drop_requested = Signal()
    edit_requested = Signal()
    delete_requested = Signal()

    def __init__(self) -> None:
        super().__init__(margins=(16, 12, 12, 12))
        self.stream: Stream | None = None
        self._dimmed = False
        self._title = title()
        self._title.setMinimumWidth(40)
        self.state = StateLabel()
        self._url = mono()
        self._url.setMinimumWidth(40)
        self.figures = Label(tone="dim")
        self.proof = caption()
        self.proof.setToolTip(
            tr("A stream that is cut goes on after its last event id. Events that come again are counted by their ids: this shows both.")
        )
        self.trouble = Wrapped(tone="bad", small=False)
        self.hint = Wrapped()
        self.open = Button(tr("Open"), self.open_requested.emit, icon_name="ph.play")
        self.close_button = Button(tr("Close"), self.close_requested.emit, icon_name="ph.stop")
        self.drop = Button(tr("Cut"), self.drop_requested.emit, icon_name="ph.scissors")
        self.drop.setToolTip(tr("Cut the connection as a failing network would, and see whether it resumes without a gap"))
        self.edit = IconButton("ph.pencil-simple", tr("Edit stream…"), self.edit_requested.emit)
        self.delete = IconButton("ph.trash", tr("Delete stream…"), self.ask_to_delete)
        self.confirm = ConfirmBar()
        self.confirm.confirmed.connect(self.delete_requested)
        self._lay_out()

    def show_stream(self, stream: Stream) -> None:
        """Show how the stream fares now."""
        if self.stream is None or self.stream.id != stream.id:
            self.confirm.hide()
        self.stream = stream
        self._url.setToolTip(stream.spec.url)
        self._title.setToolTip(stream.spec.name)
        self._elide()
        self._show_state()
        figures = (
            KIND_WORDS[stream.spec.kind],
            stream.subprotocol,
            count_text(stream),
            size(stream.bytes),
            rate_text(stream),
            _latency(stream),
        )
        self.figures.setText("  ·  ".join(part for part in figures if part))
        proof = "  ·  ".join(part for part in (resume_proof(stream), close_text(stream)) if part)
        self.proof.setText(proof)
        self.proof.setVisible(bool(proof))
        self.proof.set_tone("bad" if stream.duplicates else "dim")
        self._show_trouble(stream)
        running = stream.state in _RUNNING
        self.open.setVisible(stream.state is not StreamState.OPEN)
        self.open.setText(tr("Try now") if running else tr("Open"))
        self.open.setEnabled(stream.state is not StreamState.CONNECTING)
        self.close_button.setVisible(running)
        self.drop.setVisible(stream.state is StreamState.OPEN)

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before: no state colour claims that it still holds."""
        self._dimmed = dimmed
        self._show_state()

    def _show_state(self) -> None:
        if self.stream is not None:
            self.state.set_state(state_word(self.stream), "wait" if self._dimmed else state_tone(self.stream))

    def ask_to_delete(self) -> None:
        """Ask, in place, naming what is lost."""
        if self.stream is None:
            return
        kept = trn("The {n} event it brought stays in the journal.", "The {n} events it brought stay in the journal.", self.stream.received)
        lost = tr("Its URL, headers, body and settings are removed, and it is closed.")
        self.confirm.ask(
            tr("Delete the stream “{name}”?", name=self.stream.spec.name),
            f"{lost} {kept}" if self.stream.received else lost,
            act=tr("Delete “{name}”", name=self.stream.spec.name),
            keep=tr("Keep it"),
        )

    def _show_trouble(self, stream: Stream) -> None:
        problem = stream.problem
        waiting = countdown(stream, time.time_ns())
        trouble = title_of(problem) if problem else ""
        if waiting:
            trouble = tr("{what} — {next}", what=trouble, next=waiting) if trouble else waiting
        self.trouble.setText(trouble)
        self.trouble.set_tone("warn" if stream.state in _RUNNING else state_tone(stream) if state_tone(stream) == "bad" else "dim")
        self.trouble.setVisible(bool(trouble))
        hint = hint_of(problem) if problem else ""
        told = f"{hint}\n{problem.detail[:300]}" if problem and problem.detail else hint
        self.hint.setText(told)
        self.hint.setVisible(bool(told))

    def _elide(self) -> None:
        if self.stream is None:
            return
        for label, text in ((self._title, self.stream.spec.name), (self._url, self.stream.spec.url)):
            label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(label.width() - 2, 40)))

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._title, 1)
        first.addWidget(self.state)
        names.addLayout(first)
        names.addWidget(self._url)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        for widget in (self.open, self.close_button, self.drop, self.edit, self.delete):
            acts.addWidget(widget)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addLayout(names, 1)
        top.addLayout(acts)
        top.setAlignment(acts, Qt.AlignmentFlag.AlignTop)
        self.body.setSpacing(6)
        self.body.addLayout(top)
        for label in (self.figures, self.proof, self.trouble, self.hint, self.confirm):
            self.body.addWidget(label)
        QWidget.setTabOrder(self.open, self.close_button)

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the title and the URL to their room."""
        super().resizeEvent(event)
        self._elide()


def _latency(stream: Stream) -> str:
    if stream.spec.kind is not StreamKind.WEBSOCKET or not stream.latency_ms:
        return ""
    return tr("ping {ms} ms", ms=f"{stream.latency_ms:.1f}")
