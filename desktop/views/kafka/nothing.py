"""What stands where no record of a topic has been seen yet, and where a list has nothing in it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_reads import Listed, Read, search_words
from desktop.core.kafka_spots import Place, Spot
from desktop.core.kafka_words import record_words
from desktop.views.kafka.list_source import Segment
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.empty_state import EmptyState
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.kafka import TopicDetail


class NothingSeen:
    """Answers the words and acts for a place. ``press`` begins a way of reading."""

    def __init__(self, owner: QWidget, produce: QAction, create: QAction, press: Callable[[Read], object]) -> None:
        self._produce = produce
        self._create = create
        self._read = make_action(owner, tr("Read…"), partial(press, Read.READ))
        self._tail = make_action(owner, tr("Live tail"), partial(press, Read.TAIL))

    def at(self, spot: Spot | None, detail: TopicDetail | None, *, read_only: bool, awaited: bool = False) -> EmptyState:
        """Say what would show records of *spot*, of which the cluster says *detail* unless that is *awaited*."""
        if spot is None or spot.place is not Place.TOPIC:
            return EmptyState(
                "ph.rows", tr("No record yet"), tr("Choose a topic to read from it; what is read and produced appears here and stays.")
            )
        if awaited:
            return EmptyState("ph.hourglass", tr("Loading"))
        count = detail.topic.messages if detail is not None else None
        produce = () if read_only else (self._produce,)
        if count == 0:
            words = tr("The topic holds no record. A live tail shows those to come.")
            return EmptyState("ph.rows", tr("The topic is empty"), words, (self._tail, *produce))
        held = tr("The topic holds {records}.", records=record_words(count)) if count else ""
        words = f"{held} {tr('Reading joins no group and commits nothing.')}".strip()
        return EmptyState("ph.rows", tr("No record is listed"), words, (self._read, self._tail, *produce))

    def in_lists(self, *, read_only: bool) -> dict[Segment, EmptyState]:
        """Say what stands where the cluster has no topic, or no group."""
        create = () if read_only else (self._create,)
        return {
            Segment.TOPICS: EmptyState(
                "ph.rows", tr("No topic yet"), tr("Topics that are created here or by a client appear here."), create
            ),
            Segment.GROUPS: EmptyState(
                "ph.users-three", tr("No consumer group"), tr("A group appears here once a consumer joins it or commits.")
            ),
        }


def nothing_listed(listed: Listed, search: Job | None) -> EmptyState | None:
    """Say what stands where the records of one job are listed, and there are none; *search* is the one followed, with its figures.

    None where it did find some: then they are not held any longer, which is for the list to say.
    """
    if search is None or search.filter != listed.filter:
        return EmptyState("ph.rows", listed.nothing or tr("No record of this job is listed"))
    if search.counts.get("hits"):
        return None
    words = listed.nothing
    if not search.state.is_over:
        words = tr("Nothing found yet")
    elif search.state is not JobState.DONE or search.next_offsets:
        words = tr("Nothing found as far as was looked")
    return EmptyState("ph.magnifying-glass", words, search_words(search))
