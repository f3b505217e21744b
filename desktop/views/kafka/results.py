"""Which records of a topic are listed: all that the journal has, or those of one reading, as a chip the user can take away."""

from PySide6.QtCore import QObject

from desktop.core.i18n import tr
from desktop.core.kafka_reads import NEWEST_AT_OPENING, Listed
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services.notices import Notices
from desktop.views.kafka.nothing import nothing_listed
from desktop.views.kafka.reader import Reader
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_view import FeedView
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import ProduceOutcome, ReadRequest, Start, TopicDetail

CHIP = "job"


class Results(QObject):
    """Remembers by connection and topic what was listed last, and reads a topic's newest records when it is first opened."""

    def __init__(self, feed: FeedView, reader: Reader, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._feed = feed
        self._reader = reader
        reader.search.changed.connect(lambda _: self._say_nothing())
        self._notices = notices
        self._place = ("", "")
        self._kept: dict[tuple[str, str], Listed] = {}
        self._opened: set[tuple[str, str]] = set()
        """Connections and topics whose newest records were read by itself."""
        self._is_opening = False
        self.instead: EmptyState | None = None
        """What stands where no row is, while these are asked for and where they cannot be had."""

    def look_at(self, connection: str, topic: str) -> None:
        """Another topic is looked at, or none: list what was listed of it last."""
        self._reader.forget_opening()
        if self._is_opening:  # it was left before its records came: they are wanted when it is opened again
            self._opened.discard(self._place)
        self._is_opening, self.instead = False, None
        self._place = (connection, topic)
        kept = self._kept.get(self._place)
        if kept is None:
            self._feed.remove_chip(CHIP)
        else:
            self.show(kept)

    def show(self, listed: Listed) -> None:
        """List the records of a job."""
        self._kept[self._place] = listed
        self._say_nothing()
        self._feed.set_chip(CHIP, listed.words, listed.filter)

    def show_begun(self, job: Job, listed: Listed) -> bool:
        """List what a reading brings as soon as it has begun, and follow it; False where another topic is looked at by now."""
        self._is_opening, self.instead = False, None
        if job.source != self._place[1]:
            return False
        self.show(listed)
        self._feed.go_to_tail()
        return True

    def show_produced(self, answer: ProduceOutcome | Job) -> None:
        """Let what was produced into this topic be seen: a reading's result would leave it out."""
        topic = answer.topic if isinstance(answer, ProduceOutcome) else answer.target
        if topic != self._place[1] or self._is_followed():
            return
        if isinstance(answer, Job):
            self.show(Listed(tr("Produced"), answer.filter))
        else:
            self._kept.pop(self._place, None)
            self._feed.remove_chip(CHIP)
        self._feed.go_to_tail()

    def read_newest(self, detail: TopicDetail) -> None:
        """A topic that is opened for the first time shows its newest records by itself: no group is joined, nothing is committed."""
        connection, topic = self._place
        if not connection or topic != detail.topic.name or self._place in self._opened:
            return
        self._opened.add(self._place)  # an empty one too: what comes later is not what was there when it was opened
        if detail.topic.messages and self._place not in self._kept:
            request = ReadRequest(topic, start=Start(count=NEWEST_AT_OPENING))
            self._is_opening, self.instead = True, EmptyState("ph.hourglass", tr("Loading"))
            self._reader.start(connection, request, self._on_opening_failed)

    def read(self, request: ReadRequest) -> None:
        """Read something of the topic looked at; its newest records are not wanted then."""
        self._opened.add(self._place)
        self._reader.start(self._place[0], request)

    def _say_nothing(self) -> None:
        kept = self._kept.get(self._place)
        self._feed.set_empty_of_chips(nothing_listed(kept, self._reader.search.job) if kept is not None else None)

    def _is_followed(self) -> bool:
        """Whether a live tail is listed: it brings what is produced by itself."""
        kept = self._kept.get(self._place)
        shown = {chip.key for chip in self._feed.filter_bar.chips}
        return kept is not None and CHIP in shown and kept.words.startswith(tr("Live tail"))

    def _on_opening_failed(self, exc: BaseException) -> None:
        """Nobody asked for it: what the cluster refuses is told where the table stands."""
        self._is_opening, self.instead = False, None
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
        else:
            self.instead = EmptyState("ph.warning", title_of(problem), hint_of(problem))
            self._feed.set_empty(self.instead)
