"""Runs tests of connections for the form: one at a time for each, and the last result of each is found again."""

from PySide6.QtCore import QObject, Signal

from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services import Services
from desktop.services.connections import connection_service
from desktop.views.connections.walk_card import WalkCard
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.connections import SaveConnection, TestReport
from embedded_server.contracts.problems import ProblemDetails


class Tester(QObject):
    """Fills the card of the connection that is shown."""

    refused = Signal(object)
    """The `ProblemDetails` of a test that could not begin, of the connection that is shown."""

    def __init__(self, services: Services, card: WalkCard) -> None:
        super().__init__(card)
        self._services = services
        self._service = connection_service(services.api)
        self._card = card
        self._jobs = Jobs(self)
        self._shown = ""
        self.reports: dict[str, TestReport] = {}
        """By a connection's id; of a new one under the empty id."""

    def show(self, connection_id: str) -> None:
        """Show how the test of a connection ended, or that it is under way."""
        self._shown = connection_id
        if self._jobs.is_running(connection_id):
            self._card.show_running()
        else:
            self._card.show_report(self.reports.get(connection_id))

    def start(self, connection_id: str, save: SaveConnection | None) -> None:
        """Test what is kept, or *save* with the kept passwords where it names none."""
        self._jobs.start(connection_id, self._test(connection_id, save), lambda exc: self._on_failed(connection_id, exc))
        if connection_id == self._shown:
            self._card.show_running()

    def stop_shown(self) -> None:
        """Wait for the test no longer; the server ends it within its limits."""
        self._jobs.cancel(self._shown)
        self._card.show_report(self.reports.get(self._shown))

    def forget(self, connection_id: str) -> None:
        """What was found holds no longer."""
        self.reports.pop(connection_id, None)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()

    async def _test(self, connection_id: str, save: SaveConnection | None) -> None:
        service = self._service
        report = await (service.test(save, connection_id) if save is not None else service.test_kept(connection_id))
        self.reports[connection_id] = report
        if connection_id == self._shown:
            self._card.show_report(report)

    def _on_failed(self, connection_id: str, exc: BaseException) -> None:
        problem: ProblemDetails | None = problem_of(exc)
        if problem is None:
            self._services.notices.from_exception(exc)
        if connection_id != self._shown:
            return
        if problem is None:
            self._card.show_report(None)
            return
        self._card.show_failure(" ".join(part for part in (title_of(problem), hint_of(problem)) if part))
        self.refused.emit(problem)
