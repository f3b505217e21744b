"""The server's own topics, over the journal: what every hub client gets, whichever protocol it speaks."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Final

import orjson

from embedded_server.contracts.events import Kind
from embedded_server.contracts.server import Part, PartState
from embedded_server.contracts.streams import Published, PublishRequest, Reset, Topic
from embedded_server.core.parts import idle_part
from embedded_server.journal import Commit, Journal, make_event
from embedded_server.streams.frames import FRAME_OVERHEAD, RESERVED_NAMES, frame_of, open_frame, reset_frame
from embedded_server.streams.history import JournalHistory, TopicProjection
from embedded_server.streams.problems import EventNameInvalid, HubFull, HubStopped, TopicListFull
from embedded_server.streams.subscription import Limits, Subscription
from embedded_server.streams.topics import BUILT_IN, CUSTOM_SUMMARY, check_custom, check_names, topic_of
from embedded_server.streams.trace import trace_of

MAX_CLIENTS: Final = 1_000
MAX_CUSTOM_TOPICS: Final = 1_000
HEARTBEAT_S: Final = 15.0


class Hub:
    """Offers topics, which are standing queries over the journal: nothing is kept twice, and ids survive a restart.

    Make it before the journal is opened: it brings a projection.
    """

    def __init__(self, journal: Journal, *, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._journal = journal
        self._history = JournalHistory(journal)
        self._limits = limits
        self._by_topic: dict[str, set[Subscription]] = {}
        self._head = 0
        """Number up to which events have been handed to clients."""
        self._known: set[str] = set()
        self._unsubscribe: Callable[[], None] | None = None
        journal.add_projection(TopicProjection())

    # -- a part of the server

    async def start(self) -> None:
        """Follow the journal from now on."""
        if self._unsubscribe is not None:
            return
        self._unsubscribe = self._journal.on_commit(partial(self._hand_over, asyncio.get_running_loop()))
        self._head = self._journal.last_seq
        self._known = set(await self._journal.run(TopicProjection.read))

    async def stop(self) -> None:
        """Let every client go."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        for subscription in {one for clients in self._by_topic.values() for one in clients}:
            self.unsubscribe(subscription)

    def status(self) -> Part:
        """Tell whether it runs."""
        return idle_part("hub", PartState.STOPPED if self._unsubscribe is None else PartState.RUNNING)

    # -- clients

    def subscribe(self, names: Iterable[str], *, last_event_id: str = "") -> Subscription:
        """Begin to follow topics, from *last_event_id* on where there is one, else from now.

        Raises for wrong names, where the hub is full, and where it does not run.
        """
        topics = self.check(names)
        now = max(self._head, self._journal.last_seq)
        after, reset = self._resume(last_event_id.strip(), now)
        here = f"{self._history.epoch}:{after}"
        greeting = reset_frame(reset, here) if reset else open_frame(here)
        subscription = Subscription(topics, self._history, after=after, head=now, limits=self._limits, greeting=greeting)
        for topic in topics:
            self._by_topic.setdefault(topic, set()).add(subscription)
        return subscription

    def check(self, names: Iterable[str]) -> frozenset[str]:
        """Answer the topics meant by *names* where they could be subscribed to now; raises like `subscribe`."""
        topics = check_names(names)
        if self._unsubscribe is None:
            raise HubStopped
        if self.clients >= MAX_CLIENTS:
            raise HubFull(most=MAX_CLIENTS)
        return topics

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a client. May be called twice."""
        subscription.close()
        self.leave(subscription, subscription.topics)

    def leave(self, subscription: Subscription, topics: frozenset[str]) -> None:
        """Let a client follow some topics no more."""
        for topic in topics:
            clients = self._by_topic.get(topic, set())
            clients.discard(subscription)
            if not clients:
                self._by_topic.pop(topic, None)
        subscription.leave(topics)

    @property
    def clients(self) -> int:
        """How many subscriptions there are."""
        return len({one for clients in self._by_topic.values() for one in clients})

    def _resume(self, last_event_id: str, now: int) -> tuple[int, Reset | None]:
        """Answer the number to go on after, and why it is not the one asked for."""
        if not last_event_id:
            return now, None
        epoch, _, number = last_event_id.rpartition(":")
        reason = ""
        if not epoch or not (number.isascii() and number.isdigit() and len(number) < 20):
            reason = "not-an-id"
        elif epoch != self._history.epoch:
            reason = "unknown-epoch"
        elif int(number) < self._history.first_seq - 1:
            reason = "trimmed"
        elif int(number) > now:
            reason = "in-the-future"
        if reason:
            return now, Reset(last_event_id[:200], reason)
        return int(number), None

    # -- events

    async def publish(self, topic: str, request: PublishRequest) -> Published:
        """Post one event to a custom topic; answers once it is in the journal."""
        check_custom(topic)
        await self._admit(topic)
        if not (0 < len(request.event) <= 128 and request.event.isprintable()) or request.event in RESERVED_NAMES:
            raise EventNameInvalid(name=request.event[:128])
        body = _encode(request.data)
        trace, joined = trace_of(body)
        event = make_event(Kind.CUSTOM, topic, body=body, key=request.key, status=request.event, trace=trace, joined=joined)
        seq = await self._journal.append_durably(event)
        return Published(f"{self._history.epoch}:{seq}")

    async def _admit(self, topic: str) -> None:
        if topic not in self._known and len(self._known) >= MAX_CUSTOM_TOPICS:
            self._known = {one.name for one in await self.topics()}  # those whose events are gone make room
            if topic not in self._known and len(self._known) >= MAX_CUSTOM_TOPICS:
                raise TopicListFull(most=MAX_CUSTOM_TOPICS)
        self._known.add(topic)

    async def topics(self) -> list[Topic]:
        """List the built-in topics, the custom ones whose events are kept, and those somebody waits at."""
        newest = await self._journal.run(TopicProjection.read)
        oldest_kept = self._journal.first_seq
        kept = {name for name, seq in newest.items() if seq >= oldest_kept}
        names = [*BUILT_IN, *sorted((kept | set(self._by_topic)) - set(BUILT_IN))]
        return [
            Topic(
                name,
                f"{self._history.epoch}:{newest[name]}" if name in kept else "",
                len(self._by_topic.get(name, ())),
                BUILT_IN.get(name, CUSTOM_SUMMARY),
            )
            for name in names
        ]

    def _hand_over(self, loop: asyncio.AbstractEventLoop, commit: Commit) -> None:
        """Runs on the journal's writer thread. Who gets what is decided on the loop, where clients come and go."""
        with suppress(RuntimeError):  # the loop has closed, and with it every client
            loop.call_soon_threadsafe(self._dispatch, commit)

    def _dispatch(self, commit: Commit) -> None:
        if self._by_topic:
            for seq, event in enumerate(commit.events, commit.first_seq):
                topic = topic_of(event)
                clients = self._by_topic.get(topic)
                if clients:
                    size = len(event.body) + FRAME_OVERHEAD
                    ready = [client for client in clients if client.accepts(seq, size)]
                    if ready:  # in a flood most frames are only counted, and need no encoding
                        frame = frame_of(self._history.epoch, seq, topic, event)
                        for client in ready:
                            client.push(frame)
        self._head = max(self._head, commit.last_seq)


def _encode(data: object) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:  # an integer beyond 64 bits
        import json

        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
