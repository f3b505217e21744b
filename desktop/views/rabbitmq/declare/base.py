"""What the forms that declare something have in common: a draft that is kept, faults at their places, and one button."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from desktop.core.problems import hint_of, problem_of, title_of
from desktop.core.rabbitmq_declare import Faults, differing_argument
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from desktop.views.widgets.buttons import PrimaryButton
from desktop.views.widgets.labels import caption

WIDTH_PX = 480


class DeclareSheet(RabbitSheet):
    """A subclass makes its fields with `add_field`, and says how they become a request."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices, heading: str) -> None:
        super().__init__(host, service, notices, heading, width=WIDTH_PX)
        self._loading = False
        self.button = PrimaryButton("", self.start)
        self.submit_requested.connect(self.start)

    @abstractmethod
    def start(self) -> None:
        """Check everything; declare it if it holds, else go to the first fault."""

    def add_field(self, name: str, label: str, widget: QWidget, about: QWidget | None = None) -> QWidget:
        """Put a field into the form, with a place for what is wrong with it, and under it what it is *about*."""
        group = self.place(name, label, widget, about)
        self.form.addWidget(group)
        return group

    def end_form(self) -> None:
        """Put the button under the fields; Tab comes to it last."""
        self.form.addStretch(1)
        self.foot.addWidget(self.button)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)

    def show_faults(self, faults: Faults, go_elsewhere: Callable[[Faults], object]) -> None:
        """Say what is wrong with the fields; *go_elsewhere* where it is none of them."""
        if not self.show_field_faults(faults.fields):
            go_elsewhere(faults)

    def _on_act_failed(self, exc: BaseException) -> None:
        """An argument that an existing object has otherwise is told at that argument."""
        problem = problem_of(exc)
        argument = differing_argument(exc)
        words = f"{title_of(problem)}. {hint_of(problem)}" if problem is not None and argument else ""
        if argument in self._faults:
            self._faults[argument].setText(words)
            self._faults[argument].show()
            self._places[argument].setFocus()
        elif not argument or not self.show_differs(argument, words):
            super()._on_act_failed(exc)

    def show_differs(self, argument: str, words: str) -> bool:  # noqa: ARG002 - a form without arguments has no place for it
        """Say of an argument that what exists has it otherwise; whether there is a field for it."""
        return False

    def keep(self, key: str, draft: Any) -> None:
        """Remember what stands in the form, unless that is just being put there."""
        if not self._loading:
            self._service.keep_draft(key, draft)
            self.show_field_faults({}, go=False)
            self._show_buttons()
