"""Signing in: over the whole window at first, and over the kept panels when a session ends in the middle of work."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from desktop.core.host_status import HostPhase, HostStatus
from desktop.core.i18n import tr
from desktop.core.session_state import SessionPhase, SessionState
from desktop.views.frame.overlay import Overlay
from desktop.views.theme import APP_ICON, icon, theme
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label, caption, panel_title

if TYPE_CHECKING:
    from desktop.services.session import SessionService

WIDTH_PX: Final = 380
MIN_PASSWORD_CHARS: Final = 8


class SignIn(Overlay):
    """The form. It follows the host and the session, and says by itself what is wrong where it is wrong."""

    usable = Signal()
    """The form accepts input and the server would answer."""
    retry_requested = Signal()
    """The user wants the server started again."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, dismissable=False, opaque=True)
        self.setObjectName("sign-in")
        self._notify: Callable[[BaseException], None] | None = None
        self._session: SessionService | None = None
        self._state = SessionState()
        self._busy = False
        self._build_card()
        self._show_waiting(tr("Starting the server…"))

    def _build_form(self) -> None:
        self.name = _field(tr("Name"))
        self.password = _field(tr("Password"), secret=True)
        self.again = _field(tr("Password again"), secret=True)
        self.stay = QCheckBox(tr("Stay signed in"))
        self._stay_note = caption(wrap=True)
        self.submit = PrimaryButton("", self._on_submit)
        self.submit.setMinimumHeight(32)
        for field in (self.name, self.password, self.again):
            field.returnPressed.connect(self._on_submit)
            field.textChanged.connect(self._on_typed)
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(4)
        self._again_caption = caption(tr("Password again"))
        for label, field in ((caption(tr("Name")), self.name), (caption(tr("Password")), self.password), (self._again_caption, self.again)):
            form.addWidget(label)
            form.addWidget(field)
            form.addSpacing(6)
        form.addWidget(self.stay)
        form.addWidget(self._stay_note)
        form.addSpacing(8)
        form.addWidget(self.submit)

    def _build_card(self) -> None:
        brand = QHBoxLayout()
        brand.setSpacing(8)
        self._mark = QLabel()
        brand.addWidget(self._mark)
        brand.addWidget(Label("Switchroom", tone="dim", bold=True), 1)
        self._title = panel_title()
        self._lead = Label(tone="dim", wrap=True)
        self._problem = Label(tone="bad", wrap=True, selectable=True)
        self._problem_hint = caption(wrap=True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._retry = Button(tr("Try again"), self.retry_requested.emit)
        self._form = QWidget()
        self._form.hide()
        self._card = Card(self, margins=(28, 24, 28, 28))
        self._card.setFixedWidth(WIDTH_PX)
        self._card.body.addLayout(brand)
        self._card.body.addSpacing(4)
        for widget in (self._title, self._lead, self._progress, self._problem, self._problem_hint, self._retry, self._form):
            self._card.body.addWidget(widget)
        self._tell("", "")
        self._draw_mark()
        theme().changed.connect(self._draw_mark)
        layout = QVBoxLayout(self)
        layout.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)

    def _draw_mark(self) -> None:
        self._mark.setPixmap(icon(APP_ICON, "accent").pixmap(20, 20))

    def attach(self, session: "SessionService", notify: Callable[[BaseException], None]) -> None:
        """Say who signs in, and who is told of what is not for this form. The form itself is built here, after the first paint."""
        self._session = session
        self._notify = notify
        self._build_form()

    def show_host(self, status: HostStatus) -> None:
        """Say how the server comes up, while nothing else can be said."""
        if self._state.phase is not SessionPhase.UNKNOWN:
            return
        if status.phase is HostPhase.FAILED:
            self._show_waiting(tr("The server does not start"))
            self._progress.hide()
            self._retry.show()
            self._tell(status.reason, status.detail.splitlines()[-1] if status.detail else "")
        elif status.phase is HostPhase.WAITING:
            self._show_waiting(tr("Starting the server again…"))
            self._tell(status.reason, "")
        else:
            self._show_waiting(tr("Starting the server…"))
            self._tell("", "")

    def show_unreachable(self, exc: BaseException) -> None:
        """Say that the server could not be asked."""
        from desktop.core.problems import hint_of, problem_of, title_of

        problem = problem_of(exc)
        if problem is not None and self._state.phase is SessionPhase.UNKNOWN:
            self._show_waiting(tr("Connecting to the server…"))
            self._retry.show()
            self._tell(title_of(problem), hint_of(problem))

    def show_state(self, state: SessionState) -> None:
        """Follow the session: ask for what is needed, or leave."""
        before, self._state = self._state, state
        if state.phase is SessionPhase.SIGNED_IN:
            self._clear_secrets()
            self.dismiss()
            return
        if state.phase is SessionPhase.UNKNOWN or state.phase is before.phase:
            return
        self.set_opaque(state.phase is not SessionPhase.EXPIRED)
        self._ask_for(state)
        self.open()
        self._focus_first()
        self.usable.emit()

    def _ask_for(self, state: SessionState) -> None:
        creating = state.phase is SessionPhase.NEEDS_ACCOUNT
        expired = state.phase is SessionPhase.EXPIRED
        self._progress.hide()
        self._retry.hide()
        self._form.show()
        self.again.setVisible(creating)
        self._again_caption.setVisible(creating)
        self.submit.setText(tr("Create account") if creating else tr("Sign in"))
        if creating:
            self._title.setText(tr("Create your account"))
            self._lead.setText(tr("It protects what your server can see from other people and web pages on this computer."))
        elif expired:
            self._title.setText(tr("Sign in again"))
            self._lead.setText(tr("Your session has ended. Everything you typed is still here."))
        else:
            self._title.setText(tr("Sign in"))
            self._lead.setText(tr("Welcome back."))
        self._lead.show()
        if state.account and not self.name.text():
            self.name.setText(state.account)
        self._tell("", "")
        self._card.adjustSize()

    def show_keyring(self, *, available: bool, stay: bool) -> None:
        """Offer to stay signed in, or say why that cannot be."""
        self.stay.setEnabled(available)
        self.stay.setChecked(available and stay)
        self._stay_note.setText(
            tr("The session is kept in your system's keyring.")
            if available
            else tr("This system has no keyring: the session ends with the window.")
        )
        self._card.adjustSize()

    def _show_waiting(self, words: str) -> None:
        self._title.setText(words)
        self._lead.hide()
        self._progress.show()
        self._retry.hide()
        self._form.hide()
        self._card.adjustSize()

    def _on_typed(self) -> None:
        if self._problem.text():
            self._tell("", "")

    def _on_submit(self) -> None:
        if self._busy or self._session is None or self._form.isHidden():
            return
        if missing := self._first_mistake():
            field, words = missing
            self._tell(words, "")
            field.setFocus()
            return
        from embedded_server.contracts.concurrency import spawn

        self._set_busy(True)
        spawn(self._submit(self._session), name="sign in", notify=self._on_refused)

    def _first_mistake(self) -> tuple[QLineEdit, str] | None:
        if not self.name.text().strip():
            return self.name, tr("Type a name.")
        if not self.password.text():
            return self.password, tr("Type a password.")
        if self._state.phase is SessionPhase.NEEDS_ACCOUNT:
            if len(self.password.text()) < MIN_PASSWORD_CHARS:
                return self.password, tr("The password needs at least {n} characters.", n=MIN_PASSWORD_CHARS)
            if self.password.text() != self.again.text():
                return self.again, tr("The two passwords differ.")
        return None

    async def _submit(self, session: "SessionService") -> None:
        name, password, stay = self.name.text().strip(), self.password.text(), self.stay.isChecked()
        if self._state.phase is SessionPhase.NEEDS_ACCOUNT:
            await session.create_account(name, password, stay=stay)
        else:
            await session.sign_in(name, password, stay=stay)
        self._set_busy(False)

    def _on_refused(self, exc: BaseException) -> None:
        self._set_busy(False)
        from desktop.core.problems import hint_of, problem_of, title_of

        problem = problem_of(exc)
        if problem is None:
            assert self._notify is not None
            self._notify(exc)
            return
        self._tell(title_of(problem), hint_of(problem))
        if problem.status == 401:
            self.password.selectAll()
            self.password.setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.submit.setEnabled(not busy)
        self._progress.setVisible(busy)

    def _tell(self, title: str, hint: str) -> None:
        for label, text in ((self._problem, title), (self._problem_hint, hint)):
            label.setText(text)
            label.setVisible(bool(text))

    def problem(self) -> str:
        """Answer the mistake that is shown."""
        return self._problem.text()

    def _clear_secrets(self) -> None:
        self.password.clear()
        self.again.clear()
        self._set_busy(False)

    def _focus_first(self) -> None:
        (self.password if self.name.text() else self.name).setFocus(Qt.FocusReason.OtherFocusReason)


def _field(name: str, *, secret: bool = False) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setMinimumHeight(32)
    if secret:
        field.setEchoMode(QLineEdit.EchoMode.Password)
        _add_reveal(field)
    return field


def _add_reveal(field: QLineEdit) -> None:
    action = QAction(icon("ph.eye", "dim"), tr("Show the password"), field)
    action.setCheckable(True)
    action.toggled.connect(lambda on: field.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password))
    field.addAction(action, QLineEdit.ActionPosition.TrailingPosition)
