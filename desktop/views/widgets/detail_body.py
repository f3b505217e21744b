"""A body in tabs: as a tree, as text, as bytes, with its headers. Any size, any content; what it is not is said with the reason."""

import asyncio
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.feed_body import TEXT_PREVIEW_CHARS, Body, in_pieces, read_body
from desktop.core.formatting import size
from desktop.core.i18n import tr, trn
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.focus_ring import FocusRing
from desktop.views.widgets.hex_view import HexView
from desktop.views.widgets.json_tree import JsonTree
from desktop.views.widgets.labels import Label
from desktop.views.widgets.segmented import Segmented
from embedded_server.contracts.concurrency import Notify, cancel, spawn

PIECE_CHARS: Final = 40_000
"""Shown at once of a long text; 200,000 took 40 ms, and a million in short lines 170."""


class TextPane(QWidget):
    """Text to read and copy; of a long one the beginning, and the rest on demand, a piece at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._shown = 0
        self._wanted = 0
        self.edit = QPlainTextEdit()
        self.edit.setReadOnly(True)
        self.edit.setUndoRedoEnabled(False)
        self.edit.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.edit.setAccessibleName(tr("Body as text"))
        self.edit.setTabChangesFocus(True)
        FocusRing(self.edit)
        self._note = Label(tone="dim", pixels=11)
        self._all = Button(tr("Show all"), self.show_all)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(8, 4, 8, 4)
        foot.addWidget(self._note, 1)
        foot.addWidget(self._all)
        self._foot.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self._foot)
        self._clock = QTimer(self, interval=0)
        self._clock.timeout.connect(self._add_piece)
        self._follow_theme()
        theme().changed.connect(self._follow_theme)

    def set_text(self, text: str) -> None:
        """Show *text*, or its first million characters; the beginning now, the rest a piece at a time while somebody looks."""
        self._clock.stop()
        self._text = text
        self._wanted = min(len(text), TEXT_PREVIEW_CHARS)
        self._shown = min(len(text), PIECE_CHARS)
        self.edit.setPlainText(in_pieces(text[: self._shown]))
        self._tell()
        self._go_on()

    def show_all(self) -> None:
        """Show the rest too."""
        self._wanted = len(self._text)
        self._go_on()
        self._tell()

    @property
    def shown_chars(self) -> int:
        """How much of the text is shown."""
        return self._shown

    def _go_on(self) -> None:
        if self._shown < self._wanted and self.isVisible():
            self._clock.start()

    def _add_piece(self) -> None:
        piece = self._text[self._shown : min(self._shown + PIECE_CHARS, self._wanted)]
        self._shown += len(piece)
        cursor = QTextCursor(self.edit.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(in_pieces(piece))
        if self._shown >= self._wanted:
            self._clock.stop()
        self._tell()

    def _tell(self) -> None:
        shown, whole = max(self._shown, min(len(self._text), TEXT_PREVIEW_CHARS)), len(self._text)
        self._foot.setVisible(whole > shown)
        self._all.setEnabled(self._wanted < whole)
        self._note.setText(tr("The first {shown} of {all} characters", shown=f"{shown:,}", all=f"{whole:,}"))

    def _follow_theme(self) -> None:
        self.edit.setFont(theme().mono_font())

    # -- Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        """Go on with what nobody has looked at so far."""
        super().showEvent(event)
        self._go_on()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self._clock.stop()


class BodyTab(StrEnum):
    """The ways a body is shown, one at a time."""

    JSON = "json"
    TEXT = "text"
    HEX = "hex"
    HEADERS = "headers"


class BodyTabs(QWidget):
    """JSON, Text, Hex and Headers of one body."""

    shown = Signal()
    """The body given last is on screen."""
    path_filter_requested = Signal(str, str)

    def __init__(self, *, notify: Notify, with_headers: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notify = notify
        self._with_headers = with_headers
        self._task: asyncio.Task[None] | None = None
        self.body = Body(b"")
        self.tree = JsonTree(notify=notify)
        self.tree.path_filter_requested.connect(self.path_filter_requested)
        self.text = TextPane()
        self.hex = HexView()
        self.headers = JsonTree(notify=notify)
        self._reason = Label(tone="warn", wrap=True, selectable=True)
        self._reason.setContentsMargins(8, 6, 8, 2)
        titles = ((BodyTab.JSON, tr("JSON")), (BodyTab.TEXT, tr("Text")), (BodyTab.HEX, tr("Hex")), (BodyTab.HEADERS, tr("Headers")))
        offered = [(tab.value, text) for tab, text in titles if with_headers or tab is not BodyTab.HEADERS]
        self.choice = Segmented(offered, BodyTab.JSON, name=tr("How the body is shown"))
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.choice.chosen.connect(self._show_page)
        self._pages = QStackedWidget()
        for page in (self.tree, self.text, self._hex_page(), self.headers):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._pages, 1)
        self.set_headers({})

    def _hex_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._reason)
        column.addWidget(self.hex, 1)
        return page

    def tab(self) -> BodyTab:
        """Answer which way the body is shown."""
        return BodyTab(self.choice.current())

    def show_tab(self, tab: BodyTab) -> None:
        """Show the body another way."""
        self.choice.set_current(tab)
        self._show_page()

    def is_offered(self, tab: BodyTab) -> bool:
        """Whether the body can be shown that way."""
        return self.choice.is_choosable(tab)

    def set_headers(self, headers: Mapping[str, Any]) -> None:
        """Show headers; their tab says how many there are."""
        if not self._with_headers:
            return
        self.headers.set_json(json.dumps(headers, ensure_ascii=False))
        self.choice.set_text(BodyTab.HEADERS, trn("Headers ({n})", "Headers ({n})", len(headers)) if headers else tr("Headers"))
        self.choice.set_choosable(BodyTab.HEADERS, bool(headers), "" if headers else tr("It has no headers."))

    def set_body(self, data: bytes, *, as_hex: bool = False) -> None:
        """Show *data*: looked at in a thread, in the tab that fits it; *as_hex* where it is known to be no text."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        self._task = spawn(self._look(data, as_hex=as_hex), name="body", notify=self._notify)

    def set_decoded(self, data: bytes, text: str) -> None:
        """Show *text*, which is what *data* says once it is decoded; Hex shows the bytes themselves."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        self._task = spawn(self._look(data, text), name="body", notify=self._notify)

    async def stop(self) -> None:
        """Look no further."""
        await cancel(self._task)

    async def _look(self, data: bytes, text: str | None = None, *, as_hex: bool = False) -> None:
        body = await asyncio.to_thread(lambda: read_body(data if text is None else text.encode("utf-8", "replace")))
        self.body = body
        self.tree.set_root(body.text or "", body.root)
        self.text.set_text(body.text or "")
        self.hex.set_data(data, show_at=max(0, body.invalid_at))
        self._explain(body, len(data))
        if self.tab() is not BodyTab.HEADERS or not self.is_offered(BodyTab.HEADERS):
            self.show_tab(BodyTab.HEX if as_hex or body.text is None else BodyTab.JSON if body.is_json else BodyTab.TEXT)
        self.shown.emit()

    def _explain(self, body: Body, length: int) -> None:
        reason = ""
        if body.invalid_at >= 0:
            byte = body.data[body.invalid_at]
            reason = tr("Not text: byte {byte} at {offset} is not UTF-8", byte=f"0x{byte:02x}", offset=f"{body.invalid_at:,}")
        elif body.json_error:
            reason = tr("Not JSON: {reason}", reason=body.json_error)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self.choice.set_choosable(BodyTab.JSON, body.is_json, reason)
        self.choice.set_choosable(BodyTab.TEXT, body.text is not None, reason)
        self.choice.set_choosable(BodyTab.HEX, True, size(length))

    def _show_page(self) -> None:
        self._pages.setCurrentIndex(list(BodyTab).index(self.tab()))
