"""Under an address, of a publish or a move: which queues a message would reach, asked anew while one types."""

import asyncio
from typing import Final

from desktop.core.i18n import tr
from desktop.core.problems import problem_of, title_of
from desktop.core.rabbitmq_route import Said, route_words
from desktop.services.rabbitmq import RabbitService
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.rabbitmq import Route, RouteQuery

REST_S: Final = 0.2
"""Rest of the keyboard before the server is asked."""


class RouteLine(Wrapped, Working):
    """Words in the colour of what they mean. An older answer never replaces a newer one."""

    def __init__(self, service: RabbitService, notify: Notify) -> None:
        super().__init__()
        self._service = service
        self._notify = notify
        self._jobs = Jobs(self)
        self._asked: tuple[str, RouteQuery] | None = None
        self._route: Route | None = None
        self._mandatory = True

    def route(self) -> Route | None:
        """Answer what is known of the present address; None while it is asked for."""
        return self._route

    def set_mandatory(self, mandatory: bool) -> None:
        """Say of a message without a queue whether it comes back or is lost."""
        self._mandatory = mandatory
        if self._route is not None:
            self._say(route_words(self._route, mandatory=mandatory))

    def preview(self, connection: str, query: RouteQuery | None, *, again: bool = False) -> None:
        """Ask about another address once the keyboard rests; None where it cannot be one. *again*: also about the same one."""
        asked = (connection, query) if query is not None else None
        if asked == self._asked and not again:
            return
        self._asked = asked
        self._route = None
        self._jobs.cancel("route")
        if asked is None:
            self._say(Said(tr("Where it goes is shown once the address and the headers hold")))
        else:
            if not self.text():
                self._say(Said(tr("Looking where it goes …")))
            self._jobs.start("route", self._ask(*asked), self._on_failed)

    async def _ask(self, connection: str, query: RouteQuery) -> None:
        await asyncio.sleep(REST_S)
        self._route = await self._service.route(connection, query)
        self._say(route_words(self._route, mandatory=self._mandatory))

    def _on_failed(self, exc: BaseException) -> None:
        """A preview is a help: what keeps it from being had stands in its place and stops nobody."""
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
            self._say(Said(""))
        else:
            self._say(Said(tr("Where it goes is not known: {reason}", reason=title_of(problem))))

    def _say(self, said: Said) -> None:
        self.set_tone(said.tone)
        self.setText(said.text)
        self.setToolTip(said.tip)
