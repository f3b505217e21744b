"""What is looked at in the Kafka panel: the place that is chosen, what the cluster says of it, and which of its records are listed."""

from typing import Final

from PySide6.QtGui import QAction

from desktop.core.feeds import Link
from desktop.core.i18n import tr
from desktop.core.kafka_reads import Listed
from desktop.core.kafka_spots import CLUSTER, Place, Spot, base_filter, kept_text
from desktop.core.problems import hint_of, title_of
from desktop.services import Services
from desktop.views.broker_view import NOTHING
from desktop.views.kafka.head import Tab
from desktop.views.kafka.list_source import Segment
from desktop.views.kafka.nothing import NothingSeen
from desktop.views.kafka.view import KafkaView
from desktop.views.widgets.empty_state import EmptyState
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import ClusterInfo, From, GroupOffset, ReadRequest, Start, TopicDetail
from embedded_server.contracts.problems import ProblemDetails

NEXT_READ: Final = 100
"""Records of a partition that a group is to read next."""


class KafkaLooking(KafkaView):
    """Follows the choice in the list and the answers of the cluster; `KafkaPanel` adds the acts and the wiring."""

    _nothing: NothingSeen
    _again: QAction
    """Produces the selected record again."""
    _refresh: QAction

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._cluster: ClusterInfo | None = None
        self._topic: TopicDetail | None = None
        self._wanted: Spot | None = None
        self._is_topic_awaited = False
        self._is_linked = True
        self._is_answered = True
        """Whether the cluster answered when it was asked last."""

    @property
    def spot(self) -> Spot | None:
        """The place that is looked at."""
        return self.list.spot

    # -- which records are listed

    def _on_result(self, job: Job, listed: Listed) -> None:
        if self.results.show_begun(job, listed):
            self.head.choose_tab(Tab.MESSAGES)
        self._say_nothing_seen()

    def _on_group_read(self, offset: GroupOffset) -> None:
        """Look at what a group reads next in a partition."""
        self.list.choose(Spot(Place.TOPIC, offset.topic))
        self.head.choose_tab(Tab.MESSAGES)
        first = max(offset.committed or 0, offset.start or 0)
        start = Start(From.OFFSET, offset=first)
        self.results.read(ReadRequest(offset.topic, [offset.partition], start, limit=NEXT_READ))

    def _show_job(self, filter_: str) -> None:
        self.head.choose_tab(Tab.MESSAGES)
        self.results.show(Listed(tr("one job"), filter_))

    # -- what the cluster says

    def _on_cluster(self, cluster: ClusterInfo) -> None:
        self._show_answered(answered=True)
        self._cluster = cluster
        self._begin_looking()
        self._show_counts()
        self.list.set_note(f"{title_of(cluster.missing)}\n{hint_of(cluster.missing)}".strip() if cluster.missing is not None else "")
        self.pages.show_cluster(cluster)
        if self.head.spot == CLUSTER:
            self.head.show_cluster(cluster)

    def _on_listed(self) -> None:
        """The first rows may come before the cluster's totals do: they can be looked at."""
        self._show_answered(answered=True)
        self._begin_looking()
        self._show_counts()

    def _begin_looking(self) -> None:
        self.show_parts()
        if self.spot is None:
            self.list.choose(self._wanted or CLUSTER)
            self._rest_focus(self.list.view)

    def _show_counts(self) -> None:
        pages = self.topics.pages
        topics = pages.total if pages.is_known else self._cluster.topics if self._cluster is not None else None
        known = self.groups.pages
        groups = known.total if known.is_known else self._cluster.groups if self._cluster is not None else None
        self.list.set_counts(topics, groups)

    def _on_topic(self, detail: TopicDetail | None) -> None:
        self._topic = detail
        self._is_topic_awaited = False
        self.head.show_topic(detail)
        self.pages.show_topic(detail)
        partitions = len(detail.partitions) if detail is not None else None
        self.reads.show_topic(self._topic_name() if detail is not None else "", partitions)
        if detail is not None:
            self.search.show_topic(detail.topic.name, partitions)
        if detail is not None:
            self.results.read_newest(detail)
        self._follow()

    def _on_failed(self, problem: ProblemDetails) -> None:
        self._is_topic_awaited = False
        self._say_nothing_seen()
        self._show_answered(answered=False)
        if self._cluster is None:
            self.show_message(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._refresh,)))
        else:
            self.list.set_note(f"{title_of(problem)}\n{hint_of(problem)}".strip())

    # -- what is looked at

    def _topic_name(self) -> str:
        return self.spot.name if self.spot is not None and self.spot.place is Place.TOPIC else ""

    def _on_chosen(self, spot: Spot) -> None:
        if self._connection is None:
            return
        self._topic, self._is_topic_awaited = None, spot.place is Place.TOPIC
        self._forget_selection()
        self._keep_place(kept_text(spot))
        self.show_place(group=spot.place is Place.GROUP)
        if spot.place is Place.GROUP:
            self.group_page.set_group(self._connection, spot.name)
        else:
            self._show_spot(spot)
        self.source.watch(spot)
        self._follow_feed()
        self._follow()

    def _show_spot(self, spot: Spot) -> None:
        assert self._connection is not None
        self.head.show_spot(spot)
        self.pages.show_spot(self._connection.id, spot)
        self.reads.show_topic(spot.name, None)
        self.search.show_topic(spot.name)
        if (job := self.reader.search.job) is not None and job.source == spot.name:
            self.search.show_job(job)
        self.results.look_at(self._connection.id, self._topic_name())
        self._list_records(spot)
        self._show_tab(self.head.tab())
        if spot == CLUSTER and self._cluster is not None:
            self.head.show_cluster(self._cluster)

    def _list_records(self, spot: Spot) -> None:
        name = self._connection.spec.name if self._connection is not None else ""
        self.feed.set_base_filter(base_filter(name, spot) if name else NOTHING)
        self._say_nothing_seen()

    def _show_tab(self, tab: Tab) -> None:
        self.middle.show_tab(tab)
        if tab is not Tab.MESSAGES:
            self.feed.close_detail(to_table=False)
        self._follow_feed()

    def _show_segment(self, segment: Segment) -> None:
        self.list.show_segment(segment)
        self.list.focus_list()

    def _focus_place(self) -> None:
        if self.shows_group():
            self.group_page.setFocus()
        else:
            self.middle.focus_part(self.feed.table)

    def _follow_feed(self) -> None:
        """Let the feed live only where its rows are in sight."""
        if self._is_live and self.middle.shows_records() and not self.shows_group():
            self.feed.activate()
        else:
            self.feed.deactivate()

    def _follow(self) -> None:
        """Offer what the connection and the place allow, and say why not."""
        connection = self._connection
        why_not = tr("This connection is read-only") if self._is_read_only() else ""
        self.acts.follow(self.spot.place if self.spot is not None else None, why_not, connected=connection is not None)
        self.list.top.new_button.setEnabled(connection is not None and not why_not)
        self.list.top.new_button.setToolTip(why_not or tr("Create a topic"))
        self.pages.set_why_not(why_not)
        self.detail.set_why_not(why_not)
        self._again.setEnabled(self.detail.seen is not None and not why_not)
        if connection is not None and self.shows_group():
            self.group_page.set_group(connection, self.spot.name if self.spot is not None else None)
        self._say_nothing_seen()

    def _on_link_changed(self, link: Link) -> None:
        self._is_linked = link.is_open
        self._show_answered(answered=self._is_answered)

    def _show_answered(self, *, answered: bool) -> None:
        """Let no colour claim of what is known from before that it still holds."""
        self._is_answered = answered
        is_old = not (answered and self._is_linked)
        self.list.set_dimmed(is_old)
        self.head.set_dimmed(is_old)

    def _say_nothing_seen(self) -> None:
        """Say what there is instead of rows, in the records and in the lists."""
        read_only = self._is_read_only()
        nothing = self._nothing.at(self.spot, self._topic, read_only=read_only, awaited=self._is_topic_awaited)
        self._show_empty(self.results.instead or nothing)
        for segment, state in self._nothing.in_lists(read_only=read_only).items():
            self.list.set_empty(segment, state)

    def _load_schemas(self) -> None:
        self.reader.load_schemas(self.detail.sides.set_schemas)
