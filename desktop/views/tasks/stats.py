"""The four tiles above the table, asked for each second while somebody looks."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from desktop.core.formatting import duration, number
from desktop.core.i18n import tr
from desktop.core.problems import ServerUnreachable
from desktop.core.tasks_stats import Figures, figures_of, workers_tone
from desktop.services.notices import Notices
from desktop.services.tasks import TaskService
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.tiles import Tile, TileRow
from embedded_server.contracts.tasks import TaskStats

INTERVAL_MS = 1000
NOTHING = "\u2013"


class StatsStrip(TileRow):
    """Throughput, failures, queue wait and workers."""

    arrived = Signal(object)
    """A `TaskStats`: fresh figures are shown."""

    def __init__(self, service: TaskService, notices: Notices, parent: QWidget | None = None) -> None:
        self.throughput = Tile(tr("Throughput"), "accent")
        self.failures = Tile(tr("Failures"), "bad")
        self.wait = Tile(tr("Queue wait p95"), "warn", least_top=10.0)
        self.workers = Tile(tr("Workers"), "ok", opens=tr("Show the workers"))
        super().__init__((self.throughput, self.failures, self.wait, self.workers), parent)
        self.throughput.setToolTip(tr("Tasks finished a second; the curve is the last minute"))
        self.failures.setToolTip(tr("Tasks failed, of those finished in the last minute"))
        self.wait.setToolTip(tr("95 of 100 tasks waited no longer than this between sending and start"))
        self._service = service
        self._notices = notices
        self._jobs = Jobs(self)
        self._is_told = False
        self._clock = QTimer(self)
        self._clock.setInterval(INTERVAL_MS)
        self._clock.timeout.connect(self.start_refresh)

    def resume(self) -> None:
        """Ask now, and each second from now on."""
        self.start_refresh()
        self._clock.start()

    def pause(self) -> None:
        """Ask nothing while nobody looks."""
        self._clock.stop()

    def is_following(self) -> bool:
        """Whether the figures are asked for each second."""
        return self._clock.isActive()

    def start_refresh(self) -> None:
        """Ask the server, unless it still owes the last answer."""
        if not self._jobs.is_running("stats"):
            self._jobs.start("stats", self._ask(), self._on_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._jobs.stop()

    def show_stats(self, stats: TaskStats) -> None:
        """Show *stats*."""
        figures = figures_of(stats)
        self.throughput.set_figure(_rate(figures.throughput), tr("tasks/s"), stats.throughput)
        failed = NOTHING if figures.failure_percent is None else number(figures.failure_percent, 1)
        self.failures.set_figure(failed, "%", stats.failures)
        self.wait.set_figure(*_wait(figures), stats.wait_p95_ms)
        self.workers.set_figure(number(figures.online), tr("of {known} online", known=number(figures.known)), stats.workers_online)
        self.workers.set_tone(workers_tone(figures))
        for tile in self.tiles:
            tile.set_stale(False)
        self._is_told = False
        self.arrived.emit(stats)

    async def _ask(self) -> None:
        self.show_stats(await self._service.stats())

    def _on_failed(self, exc: BaseException) -> None:
        """Figures that no longer hold are dimmed; why is told once, and where the server is away by the window's banner."""
        for tile in self.tiles:
            tile.set_stale(True)
        if not self._is_told and not isinstance(exc, ServerUnreachable):
            self._is_told = True
            self._notices.from_exception(exc)


def _rate(rate: float) -> str:
    return number(rate, 1) if 0 < rate < 10 else number(rate)


def _wait(figures: Figures) -> tuple[str, str]:
    if figures.wait_ms is None:
        return NOTHING, tr("ms")
    figure, _, unit = duration(figures.wait_ms * 1_000_000).partition(" ")
    return figure, unit
