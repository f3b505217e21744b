"""Topics: a page of them or one whole. Names and partitions come from one answer; figures are asked only for what is shown."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from kafka import errors

from embedded_server.contracts.kafka import ConfigEntry, PartitionInfo, TopicDetail, TopicInfo, TopicPage
from embedded_server.contracts.problems import ProblemDetails, UserFacingError
from embedded_server.core.fresh import Fresh
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.configs import changed, new_topic_entries, read_configs, value_of
from embedded_server.kafka.holdings.figures import Figures, Place, Rates, read_figures, settled_figures
from embedded_server.kafka.holdings.layout import Layout, Topic, layout_of, partition_info, require_topic
from embedded_server.kafka.holdings.paging import page_of, page_with
from embedded_server.kafka.holdings.topic_wire import would_be_settings
from embedded_server.kafka.holdings.wire import Wire
from embedded_server.kafka.problems import TopicNotAuthorized, TopicUnknown

MAX_PAGE: Final = 500


class TopicSort(StrEnum):
    """What a page of topics can be sorted by."""

    NAME = "name"
    MESSAGES = "messages"
    BYTES = "bytes"
    RATE = "rate"
    PARTITIONS = "partitions"


class TopicQuery(NamedTuple):
    """Which topics are asked for."""

    search: str = ""
    """A part of the name, upper and lower case alike."""
    sort: TopicSort = TopicSort.NAME
    descending: bool = False
    internal: bool = False
    """Whether Kafka's own topics are among them."""
    page: int = 1
    page_size: int = 100
    around: str = ""
    """The page that this topic stands on, where it is among them, instead of *page*."""


class Topics:
    """Reads the topics of clusters, by the connection's id."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._layouts: dict[str, Fresh] = {}
        self._rates = Rates()

    def forget(self, connection: str) -> None:
        """Let whoever asks from now on have a new answer."""
        self._layouts.pop(connection, None)

    def drop(self, connection: str) -> None:
        """Forget all of a connection: it leads elsewhere now, or is gone."""
        self.forget(connection)
        self._rates.forget(connection)

    async def layout(self, connection: str) -> Layout:
        """Answer how the cluster is laid out, at most a moment ago."""

        async def ask() -> Layout:
            return await self._clients.admin(connection, lambda admin: layout_of(Wire(admin).metadata()))

        return await self._layouts.setdefault(connection, Fresh()).get("layout", ask)

    async def page(self, connection: str, query: TopicQuery) -> TopicPage:
        """Answer one page. By name it is cheap however many there are; by a figure the cluster is asked for that of all."""
        layout = await self.layout(connection)
        wanted = query.search.casefold()
        visible = [topic for topic in layout.topics.values() if query.internal or not topic.internal]
        matching = [topic for topic in visible if wanted in topic.name.casefold()]
        of_all = await self._infos(connection, matching) if query.sort in _BY_FIGURE else {}
        ordered = sorted(matching, key=lambda topic: _rank(topic, of_all.get(topic.name), query.sort), reverse=query.descending)
        page = page_with((topic.name for topic in ordered), query.around, query.page_size) or query.page
        cut = page_of(ordered, page, query.page_size)
        infos, settings = await asyncio.gather(
            self._chosen(connection, cut.items, of_all), self._settings(connection, [topic.name for topic in cut.items])
        )
        shown = [_with_settings(infos[topic.name], settings.get(topic.name)) for topic in cut.items]
        return TopicPage(shown, cut.page, cut.pages, len(matching), len(visible))

    async def one(self, connection: str, name: str) -> TopicInfo:
        """Answer one topic as it is now. Raises `TopicUnknown` or what the cluster refuses."""
        return (await self._whole(connection, name))[0]

    async def detail(self, connection: str, name: str) -> TopicDetail:
        """Answer one topic whole, but for the groups that read it. Raises the same."""
        info, partitions, configs, problem = await self._whole(connection, name)
        return TopicDetail(info, partitions, configs, missing=problem)

    async def settings(self, connection: str, name: str) -> list[ConfigEntry]:
        """Answer a topic's settings. Raises what the cluster refuses."""
        return (await self._clients.admin(connection, lambda admin: read_configs(Wire(admin), [name]), topic=name))[name]

    async def new_settings(self, connection: str) -> list[ConfigEntry]:
        """Answer what a new topic's settings would be: learnt from any topic there is, else as the cluster would set them."""
        layout = await self.layout(connection)
        for topic in sorted(layout.topics.values(), key=lambda topic: topic.internal):
            try:
                return new_topic_entries(await self.settings(connection, topic.name))
            except UserFacingError as exc:
                if not isinstance(exc, _NOT_THIS_ONE):
                    raise
        return await self._clients.admin(connection, lambda admin: would_be_settings(Wire(admin)))

    # -- inside

    async def _whole(self, connection: str, name: str) -> tuple[TopicInfo, list[PartitionInfo], list[ConfigEntry], ProblemDetails | None]:
        def ask(admin: Any) -> tuple[Topic, Figures]:
            wire = Wire(admin)
            topic = require_topic(wire.metadata([name]), name)
            return topic, settled_figures(wire, topic)

        topic, figures = await self._clients.admin(connection, ask, topic=name)
        problem = await self._problem(connection, figures.failure)
        rates = self._rates.note(connection, figures.ends)
        try:
            configs = await self.settings(connection, name)
        except UserFacingError as exc:
            configs, problem = [], exc.problem()  # which says more than that the bytes are not told
        info = _with_settings(_with_figures(topic, figures, rates), configs or None)
        return info, [_partition(topic, number, figures, rates) for number in range(len(topic.partitions))], configs, problem

    async def _chosen(self, connection: str, topics: Sequence[Topic], known: dict[str, TopicInfo]) -> dict[str, TopicInfo]:
        return known or await self._infos(connection, topics)

    async def _infos(self, connection: str, topics: Sequence[Topic]) -> dict[str, TopicInfo]:
        if not topics:
            return {}
        figures = await self._clients.admin(connection, lambda admin: read_figures(Wire(admin), topics))
        rates = self._rates.note(connection, figures.ends)
        return {topic.name: _with_figures(topic, figures, rates) for topic in topics}

    async def _settings(self, connection: str, names: Sequence[str]) -> dict[str, list[ConfigEntry]]:
        """Answer the settings of those that may be read; a topic that is gone meanwhile has none."""
        if not names:
            return {}
        return await self._clients.admin(connection, lambda admin: read_configs(Wire(admin), names, whole=False, strict=False))

    async def _problem(self, connection: str, failure: errors.KafkaError | None) -> ProblemDetails | None:
        return None if failure is None else (await self._clients.problem(connection, failure)).problem()


_NOT_THIS_ONE: Final = (TopicUnknown, TopicNotAuthorized)
_BY_FIGURE: Final = frozenset({TopicSort.MESSAGES, TopicSort.BYTES, TopicSort.RATE})


def _rank(topic: Topic, info: TopicInfo | None, sort: TopicSort) -> tuple[float, str]:
    """Answer what a topic is sorted by; what is not known comes as if it were less than nothing."""
    figure: float | None = 0
    if sort is TopicSort.PARTITIONS:
        figure = len(topic.partitions)
    elif info is not None:
        figure = {TopicSort.MESSAGES: info.messages, TopicSort.BYTES: info.bytes, TopicSort.RATE: info.rate}[sort]
    return (-1.0 if figure is None else figure), topic.name


def _with_figures(topic: Topic, figures: Figures, rates: dict[Place, float]) -> TopicInfo:
    places = [(topic.name, partition.number) for partition in topic.partitions]
    counted = [figures.ends[place] - figures.starts[place] for place in places if place in figures.ends and place in figures.starts]
    sizes = [figures.bytes[place] for place in places if place in figures.bytes]
    growing = [rates[place] for place in places if place in rates]
    return replace(
        topic.info(),
        messages=sum(counted) if len(counted) == len(places) else None,
        bytes=sum(sizes) if len(sizes) == len(places) else None,
        rate=sum(growing) if growing and len(growing) == len(places) else None,
    )


def _with_settings(info: TopicInfo, entries: Iterable[ConfigEntry] | None) -> TopicInfo:
    if entries is None:
        return info
    return replace(info, cleanup_policy=value_of(entries, "cleanup.policy"), changed=changed(entries))


def _partition(topic: Topic, at: int, figures: Figures, rates: dict[Place, float]) -> PartitionInfo:
    partition = topic.partitions[at]
    place = (topic.name, partition.number)
    return replace(
        partition_info(partition),
        start=figures.starts.get(place),
        end=figures.ends.get(place),
        bytes=figures.bytes.get(place),
        rate=rates.get(place),
    )
