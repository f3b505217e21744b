"""A form that sends one or many to a broker and stays open: templates on top, what the broker answered above the buttons."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.services.broker import BrokerService
from desktop.services.notices import Notices
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.job_sheet import JobSheet
from desktop.views.widgets.labels import caption
from desktop.views.widgets.sheet import RING_PX
from desktop.views.widgets.templates import Named, Templates, TemplateStore
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.jobs import Job

WIDTH_PX: Final = 560
D = TypeVar("D")
T = TypeVar("T", bound=Named)


class Said(Protocol):
    """Words and their colour."""

    @property
    def text(self) -> str:
        """What is said."""
        ...

    @property
    def tone(self) -> str:
        """Its colour in the theme."""
        ...


class SendSheet(JobSheet, Generic[D, T]):
    """A subclass makes the fields, keeps their draft, and sends. *D* is the draft, *T* what a template is."""

    def __init__(
        self,
        host: QWidget,
        service: BrokerService[Any, T],
        notices: Notices,
        heading: str,
        resend: Callable[[Job], Awaitable[Job]],
        *,
        small_outcome: bool,
    ) -> None:
        super().__init__(host, service, notices, heading, width=WIDTH_PX)
        self._resend = resend
        self._before: D | None = None
        """What stood here before it was replaced as a whole; until the next letter it can be brought back."""
        store = TemplateStore(service.templates, service.save_template, service.remove_template)
        self.templates = Templates(store, notices.from_exception, self._template_to_keep)
        self._outcome = Wrapped(small=small_outcome)
        self._outcome.setContentsMargins(RING_PX, 0, 0, 0)
        self._outcome.hide()
        self.clear = Button(tr("Clear"), self._on_clear_clicked)
        self.card.resend_requested.connect(self._on_resend_requested)

    def lay_out(self, fields: QWidget, content: QWidget, send: PrimaryButton) -> None:
        """Put *fields* under the templates, and *send* before the other buttons; *content* is the field one types most in."""
        self._content = content
        self.form.addWidget(self.templates)
        self.form.addWidget(fields)
        self.form.addStretch(1)
        self.body.insertWidget(self.body.count() - 1, self._outcome)
        card = QHBoxLayout()
        card.setContentsMargins(RING_PX, 0, 8, 0)
        card.addWidget(self.card)
        self.body.insertLayout(self.body.count() - 1, card)
        self.foot.addWidget(send)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)
        self.foot.addWidget(self.clear)
        self.foot.addWidget(self.templates.button)

    def outcome(self) -> str:
        """Answer what became of the last one, as shown."""
        return "" if self._outcome.isHidden() else self._outcome.text()

    # -- what a subclass knows

    @abstractmethod
    def draft(self) -> D:
        """Answer the form exactly as it stands."""

    @abstractmethod
    def show_draft(self, draft: D) -> None:
        """Put *draft* into the fields."""

    @abstractmethod
    def _template_to_keep(self, name: str) -> T | None:
        """Answer what to keep under a name, or None where it cannot, and say why."""

    @abstractmethod
    def _emptied(self) -> D:
        """Answer the draft with nothing but its address."""

    @abstractmethod
    def _is_worth_keeping(self, draft: D) -> bool:
        """Whether one would want *draft* back."""

    # -- what stands in it

    def _on_clear_clicked(self) -> None:
        if self._before is not None:
            self.show_draft(self._before)
        else:
            self._replace(self._emptied())
        self._content.setFocus()

    def _replace(self, draft: D) -> None:
        """Show another one as a whole, and offer to bring back what stood there."""
        before = self.draft()
        self.show_draft(draft)
        self._before = before if before != draft and self._is_worth_keeping(before) else None
        self._say(None)
        self._show_buttons()

    # -- what becomes of it

    def _on_resend_requested(self, job: Job) -> None:
        async def act() -> None:
            self._follow_job(await self._resend(job))

        self.begin(act())

    def _say(self, said: Said | None) -> None:
        self.show_failure()
        self._outcome.setVisible(said is not None)
        if said is not None:
            self._outcome.set_tone(said.tone)
            self._outcome.setText(said.text)

    def _show_clear(self, empty: str) -> None:
        """Say what Clear does; *empty* says what one begins with then."""
        self.clear.setText(tr("Bring back") if self._before is not None else tr("Clear"))
        self.clear.setToolTip(tr("Show what stood here before") if self._before is not None else empty)
