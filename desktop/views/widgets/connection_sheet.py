"""What every form over a connection has in common: it says where it acts, refuses on a read-only one, and is busy once at a time."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.problems import ServerUnreachable, problem_of, title_of
from desktop.services.notices import Notices
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.form_sheet import WIDTH_PX, FormSheet, field_group
from desktop.views.widgets.sheet import RING_PX
from desktop.views.widgets.state_label import StateLabel
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection, Environment

ACT = "act"


class ConnectionSheet(FormSheet):
    """A form over one connection. A subclass says in `_show_buttons` what its buttons say and offer."""

    done = Signal(object)
    """What the server answered."""

    def __init__(self, host: QWidget, notices: Notices, heading: str, *, width: int = WIDTH_PX) -> None:
        super().__init__(host, heading, notices, width=width)
        self.connection: Connection | None = None
        self._faults: dict[str, Wrapped] = {}
        self._places: dict[str, QWidget] = {}
        self._where = ElidedLabel(is_mono=False)
        self._production = StateLabel(tr("production"), "bad")
        self._read_only = Wrapped(tone="warn")
        self._read_only.setText(tr("This connection is read-only.\nSwitch that off under Connections to change anything here."))
        self._read_only.setContentsMargins(RING_PX, 0, 0, 0)
        row = QHBoxLayout()
        row.setContentsMargins(RING_PX, 0, 8, 4)
        row.setSpacing(8)
        row.addWidget(self._where, 1)
        row.addWidget(self._production)
        self.body.insertLayout(0, row)
        self.body.insertWidget(1, self._read_only)

    # -- where it acts

    def act_on(self, connection: Connection, where: str) -> None:
        """Act on *connection* from now on; *where* says it to the user."""
        self.connection = connection
        self._where.show_text(where, "dim")
        self._production.setVisible(self.is_production())
        self._read_only.setVisible(self.is_read_only())
        self._show_buttons()

    def connection_id(self) -> str:
        """Answer the connection's id."""
        return self.connection.id if self.connection is not None else ""

    def is_production(self) -> bool:
        """Whether one has to be careful there."""
        return self.connection is not None and self.connection.spec.environment is Environment.PRODUCTION

    def is_read_only(self) -> bool:
        """Whether the server would refuse."""
        return self.connection is not None and self.connection.spec.read_only

    # -- fields with a place for what is wrong with them

    def place(self, name: str, label: str, widget: QWidget, about: QWidget | None = None) -> QWidget:
        """Answer a field with its caption and a place for what is wrong with it, to be laid out."""
        fault = Wrapped(tone="bad")
        fault.hide()
        self._faults[name], self._places[name] = fault, widget
        return field_group(label, widget, about, fault)

    def fault(self, name: str) -> str:
        """Answer what stands under a field."""
        return self._faults[name].text()

    def show_field_faults(self, faults: dict[str, Fault], *, go: bool = True) -> bool:
        """Say what is wrong with each field, and go to the first; whether one is wrong."""
        for name, label in self._faults.items():
            fault = faults.get(name)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
            label.setVisible(fault is not None)
        first = next((name for name in self._places if name in faults), "")
        if first and go:
            self._places[first].setFocus()
        return bool(first)

    # -- what is under way

    def is_busy(self) -> bool:
        """Whether the server has been asked and has not answered."""
        return self._jobs.is_running(ACT)

    def begin(self, act: Coroutine[Any, Any, None]) -> None:
        """Do *act*, unless another is under way."""
        if self.is_busy():
            act.close()
            return
        self.show_failure()
        self._jobs.start(ACT, act, self._on_act_failed).add_done_callback(lambda _: self._show_buttons())
        self._show_buttons()

    def offer(self, button: QAbstractButton, text: str, *, enabled: bool = True, why_not: str = "") -> None:
        """Show an act; not to be had while busy, on a read-only connection, or where *enabled* is not so."""
        allowed = enabled and not self.is_busy() and not self.is_read_only()
        button.setText(text)
        button.setEnabled(allowed)
        button.setToolTip("" if allowed else tr("This connection is read-only") if self.is_read_only() else why_not)

    def _on_act_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is not None and isinstance(exc, ServerUnreachable):
            self.show_failure(title_of(problem), tr("It may have been done all the same: look before you try it again."))
        else:
            self.show_problem(exc, signed_out=tr("You were signed out before this was done"))

    def _on_help_failed(self, exc: BaseException) -> None:
        """What only helps, such as completion, is not worth a message where the server cannot tell it."""
        if problem_of(exc) is None:
            self._notices.from_exception(exc)

    def _show_buttons(self) -> None:
        """Say what the buttons do."""
