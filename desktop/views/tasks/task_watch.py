"""Tells when one task changed: a feed of its own, so that no polling is needed and a finished task costs nothing."""

from PySide6.QtCore import QObject, Signal

from desktop.core.feed_filter import term
from desktop.services.feeds import Feed, FeedClient
from embedded_server.contracts.feeds import Source, Tick


class TaskWatch(QObject):
    """Emits ``changed`` when the task's row is another. Close it when the task has ended."""

    changed = Signal()

    def __init__(self, client: FeedClient, task_id: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed: Feed | None = client.open(Source.TASKS, term("id", task_id))
        self._row: list[object] | None = None
        self._revision = -1
        self._feed.ticked.connect(self._on_ticked)

    def set_idle(self, idle: bool) -> None:
        """Keep the place but say nothing."""
        if self._feed is not None:
            self._feed.set_idle(idle)

    def close(self) -> None:
        """Forget the feed; may be called twice."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()
            self.deleteLater()

    def _on_ticked(self, tick: Tick) -> None:
        row = tick.rows[-1] if tick.rows else None
        if tick.revision == self._revision and (row is None or row == self._row):
            return
        self._revision, self._row = tick.revision, row
        self.changed.emit()


class WatchKeeper:
    """Keeps at most one watch, and none beyond the life of whoever looks."""

    def __init__(self, owner: QObject) -> None:
        self._watch: TaskWatch | None = None
        owner.destroyed.connect(self.close)

    def keep(self, watch: TaskWatch) -> None:
        """Keep *watch* in place of the one before."""
        self.close()
        self._watch = watch

    def set_idle(self, idle: bool) -> None:
        """Let the watch rest, or go on."""
        if self._watch is not None:
            self._watch.set_idle(idle)

    def close(self) -> None:
        """Watch nothing."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
