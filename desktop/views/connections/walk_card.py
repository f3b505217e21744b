"""The test of a connection, step by step: a mark, the time, what was found, and at the step that failed why and what to try."""

import time
from collections.abc import Collection
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.core.connections_walk import FIXES, OUTCOME_WORDS, STEP_WORDS, STEPS, results_of, verdict, walk_words
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.views.theme import CAPTION_PX, icon, theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label, title
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import ConnectionKind, TestOutcome, TestReport, TestResult, TestStep
from embedded_server.contracts.problems import ProblemDetails

MARK_PX: Final = 16
CLOCK_MS: Final = 100
_MARKS: Final = {
    TestOutcome.PASSED: ("ph.check-circle", "ok"),
    TestOutcome.WARNING: ("ph.warning", "warn"),
    TestOutcome.FAILED: ("ph.x-circle", "bad"),
    TestOutcome.SKIPPED: ("ph.minus", "dim"),
}
_WAITING: Final = ("ph.circle-dashed", "dim")


class Mark(QWidget):
    """How a step ended, as a sign; its word is for screen readers and the tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self._mark = _WAITING
        self.setFixedSize(QSize(MARK_PX, MARK_PX + 4))
        theme().changed.connect(self.update)

    def show_outcome(self, outcome: TestOutcome | None) -> None:
        """Show it; None while it is not known."""
        self._mark = _WAITING if outcome is None else _MARKS[outcome]
        word = tr("not tested") if outcome is None else tr(OUTCOME_WORDS[outcome])
        self.setAccessibleName(word)
        self.setToolTip(word)
        self.update()

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the sign."""
        painter = QPainter(self)
        icon(*self._mark).paint(painter, QRect(0, 2, MARK_PX, MARK_PX))


class StepRow(QWidget):
    """One step."""

    fix_requested = Signal(str)

    def __init__(self, step: TestStep) -> None:
        super().__init__()
        self.mark = Mark()
        self._name = Label(tr(STEP_WORDS[step]))
        self._took = Label(tone="dim", pixels=CAPTION_PX, mono=True)
        self.found = Wrapped()
        self.problem = Wrapped(tone="bad", small=False)
        self.hint = Wrapped()
        self._fix = Button("", self._on_fix)
        self._code = ""
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._name, 0, 1)
        grid.addWidget(self._took, 0, 2, Qt.AlignmentFlag.AlignRight)
        words = QVBoxLayout()
        words.setSpacing(2)
        for widget in (self.found, self.problem, self.hint):
            words.addWidget(widget)
        words.addWidget(self._fix, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addLayout(words, 1, 1, 1, 2)
        self.show_result(None)

    def show_result(self, result: TestResult | None) -> None:
        """Show how it ended; None while it is not known."""
        outcome = result.outcome if result is not None else None
        self.mark.show_outcome(outcome)
        self._name.set_tone("dim" if outcome in {None, TestOutcome.SKIPPED} else "text")
        took = "" if result is None or outcome is TestOutcome.SKIPPED else tr("{ms} ms", ms=f"{result.took_ms:.1f}")
        self._took.setText(took)
        _show(self.found, result.found if result is not None else "")
        problem = result.problem if result is not None else None
        _show(self.problem, title_of(problem) if problem is not None else "")
        self.problem.set_tone("warn" if outcome is TestOutcome.WARNING else "bad")
        _show(self.hint, hint_of(problem) if problem is not None else "")
        self._show_fix(problem)

    def _show_fix(self, problem: ProblemDetails | None) -> None:
        self._code = problem.type.rpartition(":")[2] if problem is not None else ""
        self._fix.setVisible(self._code in FIXES)
        if self._code in FIXES:
            self._fix.setText(tr(FIXES[self._code]))

    def _on_fix(self) -> None:
        self.fix_requested.emit(self._code)


class WalkCard(Card):
    """All steps, and the verdict above them."""

    test_requested = Signal()
    stop_requested = Signal()
    fix_requested = Signal(str)
    """The hint of a problem is to be followed: the problem's code."""

    def __init__(self) -> None:
        super().__init__(margins=(16, 12, 16, 12))
        self.setObjectName("walk")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._began = 0.0
        self.verdict = Wrapped(small=False)
        self.button = Button(tr("Test"), self._on_button, icon_name="ph.check-square")
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        head = QHBoxLayout()
        head.addWidget(title(tr("Test")), 1)
        head.addWidget(self.button)
        self.body.addLayout(head)
        self.body.addWidget(self.verdict)
        self.body.addWidget(self._bar)
        self.rows = {step: StepRow(step) for step in TestStep}
        for row in self.rows.values():
            row.fix_requested.connect(self.fix_requested)
            self.body.addWidget(row)
        self._clock = QTimer(self, interval=CLOCK_MS)
        self._clock.timeout.connect(self._show_elapsed)
        self._kind = ConnectionKind.RABBITMQ
        self.set_kind(self._kind)
        self.show_report(None)

    def set_kind(self, kind: ConnectionKind) -> None:
        """Show the steps that the test of such a connection has."""
        self.button.setToolTip(walk_words(kind))
        if kind is not self._kind:
            self._kind = kind
            if not self._clock.isActive():
                self.show_report(None)
        self._show_steps({})

    def show_report(self, report: TestReport | None) -> None:
        """Show how the test ended; None where there was none yet."""
        self._end()
        results = results_of(report)
        self._show_steps(results)
        for step, row in self.rows.items():
            row.show_result(results.get(step))
        words, tone = verdict(report, self._kind)
        self.verdict.setText(words)
        self.verdict.set_tone(tone)

    def show_running(self) -> None:
        """Show that a test is under way, and for how long."""
        for row in self.rows.values():
            row.show_result(None)
        self._began = time.monotonic()
        self._bar.show()
        self.button.setText(tr("Stop"))
        self.button.set_icon("ph.stop")
        self.verdict.set_tone("run")
        self._show_elapsed()
        self._clock.start()

    def show_failure(self, words: str) -> None:
        """Say why there was no test at all."""
        self.show_report(None)
        self.verdict.setText(words)
        self.verdict.set_tone("bad")

    def _show_steps(self, results: Collection[TestStep]) -> None:
        """Show the rows of this kind's steps, and of any other that there is something to say of."""
        for step, row in self.rows.items():
            row.setVisible(step in STEPS[self._kind] or step in results)

    def _show_elapsed(self) -> None:
        self.verdict.setText(tr("Testing … {seconds} s", seconds=f"{time.monotonic() - self._began:.1f}"))

    def _end(self) -> None:
        self._clock.stop()
        self._bar.hide()
        self.button.setText(tr("Test"))
        self.button.set_icon("ph.check-square")

    def _on_button(self) -> None:
        (self.stop_requested if self._clock.isActive() else self.test_requested).emit()


def _show(label: Wrapped, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
