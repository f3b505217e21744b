"""Messages kept under a name: load one, save what stands in the form, delete one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify


class Named(Protocol):
    """What is kept has a name."""

    @property
    def name(self) -> str:
        """What it is found by."""
        ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True, slots=True)
class TemplateStore(Generic[T]):
    """Where templates are kept; each act answers all that are kept then."""

    load: Callable[[], Awaitable[list[T]]]
    save: Callable[[T], Awaitable[list[T]]]
    remove: Callable[[str], Awaitable[list[T]]]


class Templates(QWidget, Working, Generic[T]):
    """A menu; for saving, a line under it. *template_of* answers what to keep under a name, or None where it cannot and says why."""

    chosen = Signal(object)
    """A template to show."""

    def __init__(
        self, store: TemplateStore[T], notify: Notify, template_of: Callable[[str], T | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._notify = notify
        self._template_of = template_of
        self._jobs = Jobs(self)
        self._known: list[T] = []
        self.button = Button(tr("Templates"))
        self.menu = QMenu(self.button)
        self.button.setMenu(self.menu)
        self.name = line_field(tr("Name of the template"), tr("Name of the template"))
        self._save = Button(tr("Save"), self.start_saving)
        self._note = Wrapped()
        self.row = QWidget()
        line = QHBoxLayout(self.row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.name, 1)
        line.addWidget(self._save)
        line.addWidget(Button(tr("Cancel"), self.close_row))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.row)
        column.addWidget(self._note)
        self.row.hide()
        self._note.hide()
        self.hide()
        self.name.textEdited.connect(self._on_name_edited)
        self.name.returnPressed.connect(self.start_saving)
        self._fill_menu()

    def names(self) -> list[str]:
        """Answer what is kept."""
        return [template.name for template in self._known]

    def note(self) -> str:
        """Answer what is said of the saving."""
        return self._note.text()

    def start_loading(self) -> None:
        """Ask which there are."""
        self._jobs.start("load", self._load(), self._on_load_failed)

    def open_row(self) -> None:
        """Ask for a name."""
        self.show()
        self.row.show()
        self._say("", "dim")
        self.name.setFocus()
        self.name.selectAll()

    def close_row(self) -> None:
        """Put the line away."""
        self.row.hide()
        self._say("", "dim")
        self.hide()

    def start_saving(self) -> None:
        """Keep what stands in the form under the typed name."""
        name = self.name.text().strip()
        if not name:
            self._say(tr("Give it a name first."), "bad")
            self.name.setFocus()
            return
        template = self._template_of(name)
        if template is not None and not self._jobs.is_running("save"):
            self._jobs.start("save", self._keep(template), self._on_failed)

    def _on_remove_chosen(self, name: str, *_checked: bool) -> None:
        self._jobs.start("save", self._forget(name), self._on_failed)

    async def _load(self) -> None:
        self._show(await self._store.load())

    async def _keep(self, template: T) -> None:
        self._show(await self._store.save(template))
        self.row.hide()
        self._say(tr("Kept as {name}.", name=template.name), "ok")

    async def _forget(self, name: str) -> None:
        self._show(await self._store.remove(name))
        self.show()
        self._say(tr("{name} is deleted.", name=name), "dim")

    def _show(self, templates: Sequence[T]) -> None:
        self._known = list(templates)
        self._fill_menu()

    def _fill_menu(self) -> None:
        self.menu.clear()
        for template in self._known:
            act = self.menu.addAction(template.name)
            act.triggered.connect(partial(self._on_chosen, template))
        if not self._known:
            self.menu.addAction(tr("None yet")).setEnabled(False)
        self.menu.addSeparator()
        self.menu.addAction(tr("Save this message as …")).triggered.connect(self.open_row)
        if self._known:
            remove = self.menu.addMenu(tr("Delete"))
            for template in self._known:
                remove.addAction(template.name).triggered.connect(partial(self._on_remove_chosen, template.name))

    def _on_chosen(self, template: T, *_checked: bool) -> None:
        self.name.setText(template.name)
        self.chosen.emit(template)

    def _on_name_edited(self) -> None:
        replaces = self.name.text().strip() in self.names()
        self._say(tr("Replaces the one of that name.") if replaces else "", "warn")

    def _on_load_failed(self, exc: BaseException) -> None:
        """Templates are a help: without them a message can still be published."""
        if problem_of(exc) is None:
            self._notify(exc)

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
        else:
            self.show()
            self._say(f"{title_of(problem)}. {hint_of(problem)}", "bad")

    def _say(self, text: str, tone: str) -> None:
        self._note.set_tone(tone)
        self._note.setText(text)
        self._note.setVisible(bool(text))
