"""Fields such as ``{{uuid}}``: a menu of those there are, whether they are filled, and a live sample of how it looks then."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.problems import problem_of, title_of
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.labels import caption
from embedded_server.contracts.concurrency import Notify

REST_S: Final = 0.4
"""Rest of the keyboard before another sample is made."""
MOST_CHARS: Final = 2_000
MOST_IN_MENU: Final = 12
MOST_EXAMPLE_CHARS: Final = 32


M = TypeVar("M")


class Field(Protocol):
    """What the server can fill: a name, and how it looks filled."""

    @property
    def name(self) -> str:
        """What stands between the braces."""
        ...

    @property
    def example(self) -> str:
        """A value it was filled with."""
        ...


class FieldMenu(Button):
    """Offers the fields the server can fill, each with an example."""

    chosen = Signal(str)
    """The text to insert: ``{{uuid}}``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Insert field"), parent=parent)
        self.setToolTip(tr("A field such as {{uuid}} is filled with a value of its own for each message"))
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._names: list[str] = []
        self.hide()

    def names(self) -> list[str]:
        """Answer the fields' names."""
        return self._names

    def set_fields(self, fields: Sequence[Field]) -> None:
        """Offer these."""
        self._names = [field.name for field in fields]
        self._menu.clear()
        menu = self._menu
        for number, field in enumerate(fields):
            menu = self._menu if number < MOST_IN_MENU else self._menu.addMenu(tr("More")) if number == MOST_IN_MENU else menu
            text = f"{{{{{field.name}}}}}"
            act = menu.addAction(f"{text}\t{field.example[:MOST_EXAMPLE_CHARS]}")
            act.triggered.connect(self._emitter(text))
        self.setVisible(bool(fields))

    def _emitter(self, text: str) -> Callable[[], None]:
        return lambda: self.chosen.emit(text)


class Sample(QWidget, Working, Generic[M]):
    """One message as it will be sent, made anew when something is typed and when asked for."""

    toggled = Signal(bool)
    """Whether fields are filled."""

    def __init__(self, fill: Callable[[M], Awaitable[tuple[str, str]]], notify: Notify, parent: QWidget | None = None) -> None:
        """*fill* has a message filled by the server, and answers what to show of it: a line on its address or key, and one on its body."""
        super().__init__(parent)
        self._ask = fill
        self._notify = notify
        self._jobs = Jobs(self)
        self._message: M | None = None
        self.fill = QCheckBox(tr("Fill the fields"))
        self.fill.setChecked(True)
        self.fill.setToolTip(tr("Off sends them as they are written"))
        self._count = caption()
        self._again = IconButton("ph.arrows-clockwise", tr("Another sample"), self._start)
        self._key = ElidedLabel()
        self._body = ElidedLabel()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.fill)
        row.addWidget(self._count, 1)
        row.addWidget(self._again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._key)
        column.addWidget(self._body)
        self.fill.toggled.connect(self._on_toggled)
        self.hide()

    def text(self) -> str:
        """Answer the sample's body."""
        return self._body.whole()

    def preview(self, names: Sequence[str], message: M | None) -> None:
        """Show *message* filled once the keyboard rests; nothing where no field stands in it."""
        self.setVisible(bool(names))
        self._count.setText(", ".join(names))
        self._show_lines()
        if names and message is not None and message != self._message:
            self._message = message
            self._start(REST_S)

    def _start(self, rest_s: float = 0.0) -> None:
        if self._message is not None and self.fill.isChecked() and not self.isHidden():
            self._jobs.start("fill", self._fill(self._message, rest_s), self._on_failed)

    async def _fill(self, message: M, rest_s: float) -> None:
        await asyncio.sleep(rest_s)
        key, body = await self._ask(message)
        self._key.show_text(key, "dim")
        self._body.show_text(body, "dim")
        self._show_lines()

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
        else:
            self._body.show_text(title_of(problem), "warn")
            self._show_lines()

    def _on_toggled(self, on: bool) -> None:
        self._show_lines()
        self._start()
        self.toggled.emit(on)

    def _show_lines(self) -> None:
        on = self.fill.isChecked()
        self._again.setVisible(on)
        self._key.setVisible(on and bool(self._key.whole()))
        self._body.setVisible(on and bool(self._body.whole()))


def one_line(text: str) -> str:
    """Answer the beginning of *text* on one line."""
    return " ".join(text[:MOST_CHARS].split())
