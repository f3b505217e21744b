"""A form in a sheet: fields that scroll, what failed above the buttons, and ``Ctrl+Enter`` from anywhere in it."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QLineEdit, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.problems import NotSignedIn, hint_of, problem_of, title_of
from desktop.services.notices import Notices
from desktop.views.theme import theme
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.labels import caption
from desktop.views.widgets.sheet import RING_PX, Sheet
from desktop.views.widgets.wrapped import Wrapped

WIDTH_PX = 440
SUBMIT_KEYS = ("Ctrl+Return", "Ctrl+Enter")


class FormSheet(Sheet):
    """``form`` takes the fields, ``foot`` the buttons. A subclass fills both and connects `submit_requested`."""

    submit_requested = Signal()
    """``Ctrl+Enter`` was pressed in one of the fields."""

    def __init__(self, host: QWidget, heading: str, notices: Notices, *, width: int = WIDTH_PX) -> None:
        super().__init__(host, heading, width=width)
        self._notices = notices
        self._jobs = Jobs(self)
        fields = QWidget()
        self.form = QVBoxLayout(fields)
        self.form.setContentsMargins(RING_PX, 0, 8, 0)
        self.form.setSpacing(4)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(scrolling(fields), 1)
        self._failure = Wrapped(tone="bad")
        self._failure.setContentsMargins(RING_PX, 0, 0, 0)
        self._failure.hide()
        self.body.addWidget(self._failure)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(8)
        self.foot.setContentsMargins(RING_PX, 0, 8, 0)
        self.body.addLayout(self.foot)
        for keys in SUBMIT_KEYS:
            on_keys(self, keys, self.submit_requested.emit)

    def let_buttons_follow(self) -> None:
        """Put the buttons right under the fields instead of at the foot: for what is a question more than a form."""
        self.body.removeWidget(self._failure)
        self.body.removeItem(self.foot)
        self._failure.setContentsMargins(0, 0, 0, 0)
        self.foot.setContentsMargins(0, 0, 0, 0)
        self.form.addWidget(self._failure)
        self.form.addLayout(self.foot)
        self.form.addStretch(1)

    def failure(self) -> str:
        """Answer what stands above the buttons, empty where nothing failed."""
        return self._failure.text()

    def show_failure(self, title: str = "", hint: str = "") -> None:
        """Say above the buttons what failed and what to try; nothing clears it."""
        self._failure.setText(f"{title}\n{hint}" if hint else title)
        self._failure.setVisible(bool(title))

    def show_problem(self, exc: BaseException, *, signed_out: str) -> None:
        """Say what *exc* tells the user, *signed_out* where the session ended meanwhile; a fault of ours becomes a notice."""
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
        elif isinstance(exc, NotSignedIn):
            self.show_failure(signed_out, tr("Sign in again, then try it again: nothing you typed is lost."))
        else:
            self.show_failure(title_of(problem), hint_of(problem))

    async def stop(self) -> None:
        """End what is under way, in its parts as well; may be called twice."""
        for part in self.findChildren(QWidget):
            if isinstance(part, Working):
                await part.stop()
        await self._jobs.stop()


def scrolling(fields: QWidget) -> QScrollArea:
    """Let *fields* scroll up and down where they are higher than their place; never sideways."""
    scroll = QScrollArea()
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(fields)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.viewport().setAutoFillBackground(False)
    fields.setAutoFillBackground(False)
    return scroll


def on_keys(widget: QWidget, keys: str, act: Callable[[], object]) -> None:
    """Do *act* when *keys* are pressed in *widget* or in anything within it."""
    shortcut = QShortcut(QKeySequence(keys), widget)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.activated.connect(act)


class MonoLine(QLineEdit):
    """One line of what goes over a wire."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._follow_theme()
        theme().changed.connect(self._follow_theme)

    def _follow_theme(self) -> None:
        self.setFont(theme().mono_font())


def line_field(name: str, placeholder: str = "", *, mono: bool = False) -> QLineEdit:
    """Make one line of text; *mono* for what goes over a wire."""
    line = MonoLine() if mono else QLineEdit()
    line.setAccessibleName(name)
    line.setPlaceholderText(placeholder)
    return line


def text_field(name: str, placeholder: str, *, lines: int) -> QPlainTextEdit:
    """Make several lines of text in the mono font; Tab moves on."""
    text = QPlainTextEdit()
    text.setAccessibleName(name)
    text.setPlaceholderText(placeholder)
    text.setTabChangesFocus(True)
    text.setFont(theme().mono_font())
    text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    text.setFixedHeight(text.fontMetrics().lineSpacing() * lines + 16)
    return text


def field_group(label: str, widget: QWidget, *under: QWidget | None) -> QWidget:
    """Put a caption over a field, and *under* it what it is about and what is wrong with it."""
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 8)
    column.setSpacing(4)
    column.addWidget(caption(label))
    column.addWidget(widget)
    for words in under:
        if words is not None:
            column.addWidget(words)
    return group


def side_by_side(*groups: QWidget, shares: tuple[int, ...] = ()) -> QLayout:
    """Put groups beside each other, with the room shared out evenly or as *shares* says."""
    row = QHBoxLayout()
    row.setSpacing(12)
    for number, group in enumerate(groups):
        row.addWidget(group, shares[number] if shares else 1, Qt.AlignmentFlag.AlignTop)
    return row
