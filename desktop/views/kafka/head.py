"""The head over the records: a topic's or the cluster's name, how it fares, its figures, and which part of it is looked at."""

from enum import StrEnum
from typing import Final

from desktop.core.history import History
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_spots import Place, Spot
from desktop.core.kafka_words import cluster_facts, cluster_state, topic_chips, topic_state
from desktop.core.problems import title_of
from desktop.core.states import count_text, rate_text, size_text
from desktop.views.widgets.figures import Figure
from desktop.views.widgets.place_head import NONE, Fill, PlaceHead
from embedded_server.contracts.kafka import ClusterInfo, TopicDetail, TopicInfo


class Tab(StrEnum):
    """The parts of a place."""

    MESSAGES = "messages"
    PARTITIONS = "partitions"
    CONFIGS = "configs"
    GROUPS = "groups"
    BROKERS = "brokers"


_TITLES: Final = {
    Tab.MESSAGES: N_("Messages"),
    Tab.PARTITIONS: N_("Partitions"),
    Tab.CONFIGS: N_("Configs"),
    Tab.GROUPS: N_("Groups"),
    Tab.BROKERS: N_("Brokers"),
}
_TABS: Final = {
    Place.TOPIC: (Tab.MESSAGES, Tab.PARTITIONS, Tab.CONFIGS, Tab.GROUPS),
    Place.CLUSTER: (Tab.BROKERS, Tab.MESSAGES),
}


def tabs_of(spot: Spot) -> tuple[Tab, ...]:
    """Answer the parts a place has."""
    return _TABS.get(spot.place, (Tab.MESSAGES,))


class KafkaHead(PlaceHead):
    """Follows the chosen topic, or the cluster."""

    def __init__(self, fill_menu: Fill) -> None:
        super().__init__(fill_menu, (Tab.MESSAGES.value, tr(_TITLES[Tab.MESSAGES])))
        self.spot: Spot | None = None
        self._history = History()

    def show_spot(self, spot: Spot) -> None:
        """Look at another place; its figures follow."""
        if spot == self.spot:
            return
        before, self.spot = self.spot, spot
        self._history.clear()
        is_topic = spot.place is Place.TOPIC
        self.name.set_mono(is_topic)
        self.name.show_text(spot.name if is_topic else tr("Cluster"), "text")
        if before is None or before.place is not spot.place:
            self.choice.set_current(tabs_of(spot)[0].value)
        self.offer_tabs([(tab.value, tr(_TITLES[tab])) for tab in tabs_of(spot)])
        self.show_facts("")
        self.show_state(NONE)
        if is_topic:  # its figures are on their way: nothing below moves when they come
            self.chips.await_chips()
            self._show_figures()
        else:
            self.chips.set_chips([])
            self.figures.set_figures([])

    def forget(self) -> None:
        """Look at nothing: what is shown next is new, even where it has the same name."""
        self.spot = None
        self._history.clear()

    def tab(self) -> Tab:
        """Answer which part is looked at."""
        return Tab(self.choice.current())

    def choose_tab(self, tab: Tab) -> None:
        """Look at another part, as the user does."""
        self.choice.choose(tab.value)

    def set_count(self, tab: Tab, count: int) -> None:
        """Tell how many there are behind a tab."""
        if self.spot is not None and tab in tabs_of(self.spot):
            self.choice.set_text(tab.value, f"{tr(_TITLES[tab])} {count:,}" if count else tr(_TITLES[tab]))

    def show_topic(self, detail: TopicDetail | None) -> None:
        """Show what the cluster says of the topic now; None says that it is gone."""
        if detail is None:
            self.show_state(NONE)
            self.figures.set_figures([])
            self.chips.set_chips([])
            self.show_facts(tr("There is no topic of this name now."))
            return
        topic = detail.topic
        self._history.add({"messages": topic.messages, "bytes": topic.bytes, "rate": topic.rate, "partitions": topic.partitions})
        self.show_state(topic_state(topic))
        self.chips.set_chips(topic_chips(detail))
        self.show_facts(title_of(detail.missing) if detail.missing is not None else "")
        self._show_figures(topic)
        self.set_count(Tab.PARTITIONS, len(detail.partitions))

    def _show_figures(self, topic: TopicInfo | None = None) -> None:
        """Show a topic's figures, dashes while they are not known."""
        messages, in_rate, held, partitions = (
            (topic.messages, topic.rate, topic.bytes, topic.partitions) if topic is not None else (None, None, None, None)
        )
        upper = tr("End offsets less start offsets: an upper bound where the topic is compacted or written in transactions")
        self.figures.set_figures(
            [
                self._figure("messages", tr("Records"), count_text(messages), "accent", upper),
                self._figure("rate", tr("In"), rate_text(in_rate), "run", tr("Records that come in, from how its end offsets grow")),
                self._figure("bytes", tr("Size"), size_text(held), "accent", tr("What its logs take on disk, replicas too")),
                self._figure("partitions", tr("Partitions"), count_text(partitions), "accent", tr("What its records are spread over")),
            ]
        )

    def show_cluster(self, cluster: ClusterInfo) -> None:
        """Show the cluster at a glance."""
        topics = cluster.topics - cluster.internal
        own = trn("Without 1 that Kafka keeps for itself", "Without {n} that Kafka keeps for itself", cluster.internal)
        told = own if cluster.internal else tr("Topics of the cluster")
        brokers = len(cluster.brokers)
        self._history.add({"topics": topics, "partitions": cluster.partitions, "groups": cluster.groups, "brokers": brokers})
        self.show_state(cluster_state(cluster))
        self.show_facts(cluster_facts(cluster))
        self.figures.set_figures(
            [
                self._figure("topics", tr("Topics"), count_text(topics), "accent", told),
                self._figure("partitions", tr("Partitions"), count_text(cluster.partitions), "accent", tr("Partitions of all its topics")),
                self._figure("groups", tr("Groups"), count_text(cluster.groups), "ok", tr("Consumer groups it knows")),
                self._figure("brokers", tr("Brokers"), count_text(brokers), "ok", tr("Brokers that are up")),
            ]
        )
        self.set_count(Tab.BROKERS, brokers)

    def _figure(self, name: str, title: str, text: str, tone: str, tip: str) -> Figure:
        return Figure(title, text, tone, self._history.of(name), tip)
