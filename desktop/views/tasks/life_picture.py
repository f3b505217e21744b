"""A task's life on a time axis: one bar for each wait and each run, with how long it took."""

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QHelpEvent, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.core.formatting import date_time, duration
from desktop.core.i18n import tr, trn
from desktop.core.tasks_life import Bar, Phase, Span, bars
from desktop.core.tasks_states import state_tone
from desktop.views.theme import CAPTION_PX, theme

LINE_PX = 20
BAR_PX = 8
LABEL_PX = 96
GAP_PX = 8
MAX_LINES = 8
GROW_INTERVAL_MS = 200


class LifePicture(QWidget):
    """Draws spans; the one that lasts grows while it is seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spans: list[Span] = []
        self._left_out = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._clock = QTimer(self)
        self._clock.setInterval(GROW_INTERVAL_MS)
        self._clock.timeout.connect(self.update)
        theme().changed.connect(self.update)

    def lines(self) -> list[str]:
        """Answer what is drawn, as text: for screen readers and tests."""
        now = time.time_ns()
        return [f"{_label(span)} {duration(span.duration_ns(now))}" for span in self._spans]

    def set_spans(self, spans: Sequence[Span]) -> None:
        """Draw the newest of *spans* and count the others."""
        self._left_out = max(len(spans) - MAX_LINES, 0)
        self._spans = list(spans[self._left_out :])
        self.setVisible(bool(self._spans))
        self.setAccessibleName(tr("Its life: {spans}", spans=", ".join(self.lines())))
        self.updateGeometry()
        self._run_clock()
        self.update()

    def _run_clock(self) -> None:
        grows = bool(self._spans) and not self._spans[-1].end
        if grows and self.isVisible():
            self._clock.start()
        else:
            self._clock.stop()

    def _bars(self) -> list[Bar]:
        # A long duration is written beside its bar, so the bars leave room for one at the right.
        room = QFontMetrics(theme().font(CAPTION_PX)).horizontalAdvance("00 m 00 s") + GAP_PX
        return bars(self._spans, width=max(self.width() - LABEL_PX - room, 40), now=time.time_ns())

    def _draw_line(self, painter: QPainter, bar: Bar, top: int) -> None:
        line = QRectF(0, top, self.width(), LINE_PX)
        painter.setPen(theme().color("dim"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, _label(bar.span))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(_tone(bar.span)))
        box = QRectF(LABEL_PX + bar.left, top + (LINE_PX - BAR_PX) / 2, bar.width, BAR_PX)
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(theme().color("text"))
        text = duration(bar.span.duration_ns(time.time_ns()))
        painter.drawText(line.adjusted(box.right() + GAP_PX, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer one line for each span, and one for those left out."""
        return QSize(LABEL_PX + 160, (len(self._spans) + bool(self._left_out)) * LINE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font(CAPTION_PX))
        top = 0
        if self._left_out:
            painter.setPen(theme().color("dim"))
            text = trn("{n} earlier span is left out", "{n} earlier spans are left out", self._left_out)
            painter.drawText(QRectF(0, 0, self.width(), LINE_PX), Qt.AlignmentFlag.AlignVCenter, text)
            top = LINE_PX
        for bar in self._bars():
            self._draw_line(painter, bar, top)
            top += LINE_PX

    def event(self, event: QEvent) -> bool:
        """Tell when the span under the mouse began and ended."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = event.pos().y() // LINE_PX - bool(self._left_out)
            if 0 <= index < len(self._spans):
                QToolTip.showText(event.globalPos(), _tip(self._spans[index]), self)
                return True
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Grow again."""
        super().showEvent(event)
        self._run_clock()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the clock: nobody looks."""
        self._clock.stop()
        super().hideEvent(event)


def _label(span: Span) -> str:
    if span.phase is Phase.RUNNING:
        if span.end and not span.outcome:
            return tr("Run {number}, lost", number=span.attempt)
        return tr("Run {number}", number=span.attempt) if span.attempt > 1 or span.outcome == "RETRY" else tr("Running")
    words = {
        Phase.QUEUED: tr("In its queue"),
        Phase.HELD: tr("At the worker"),
        Phase.SCHEDULED: tr("Until its time"),
        Phase.RETRY_WAIT: tr("Before retry"),
    }
    return words[span.phase]


def _tone(span: Span) -> str:
    if span.phase is Phase.RUNNING:
        return state_tone(span.outcome) if span.outcome else "warn" if span.end else "run"
    return "warn" if span.phase is Phase.RETRY_WAIT else "wait"


def _tip(span: Span) -> str:
    begin = tr("from {time}", time=date_time(span.start))
    end = tr("to {time}", time=date_time(span.end)) if span.end else tr("until now")
    lost = tr("Its worker was lost, and the broker gave the task out again.")
    why = f"\n{lost}" if span.phase is Phase.RUNNING and span.end and not span.outcome else ""
    return f"{_label(span)}\n{begin}\n{end}{why}"
