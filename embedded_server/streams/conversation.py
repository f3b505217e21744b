"""What the hub and one WebSocket client say to each other, without the socket."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.problems import UserFacingError
from embedded_server.streams.fan_out import SEND_LIMIT_S
from embedded_server.streams.frames import Frame, error_frame
from embedded_server.streams.hub import HEARTBEAT_S, Hub
from embedded_server.streams.problems import HubMessageInvalid, TooManyTopics
from embedded_server.streams.subscription import Subscription, SubscriptionClosed
from embedded_server.streams.topics import MAX_TOPICS_PER_CLIENT, check_names

GOING_AWAY: Final = 1001
TRY_AGAIN_LATER: Final = 1013

_logger = logging.getLogger(__name__)


@dataclass
class Follower:
    """One subscription of a conversation and what pumps it."""

    subscription: Subscription
    pump: asyncio.Task[None] | None = field(default=None)


class Conversation:
    """One client of ``/hub/ws``.

    It says ``{"op": "subscribe", "topics": [...], "last_event_id": "..."}`` and ``{"op": "unsubscribe", "topics": [...]}``. It is sent
    ``{"id", "event", "topic", "data"}``. Ids ascend within one subscription: whoever subscribes again later resumes each one by the
    last id seen on its topics.
    """

    def __init__(self, hub: Hub, send: Callable[[str], Awaitable[None]], hang_up: Callable[[int], Awaitable[None]]) -> None:
        self._hub = hub
        self._send = send
        self._hang_up = hang_up
        self._turn = asyncio.Lock()
        self._followers: list[Follower] = []

    @property
    def topics(self) -> frozenset[str]:
        """All the client follows."""
        return frozenset(topic for follower in self._followers for topic in follower.subscription.topics)

    def subscribe(self, names: list[str], last_event_id: str = "") -> None:
        """Follow further topics; those it already follows are left as they are."""
        topics = check_names(names) - self.topics
        if len(topics) + len(self.topics) > MAX_TOPICS_PER_CLIENT:
            raise TooManyTopics(count=len(topics) + len(self.topics), most=MAX_TOPICS_PER_CLIENT)
        if topics:
            follower = Follower(self._hub.subscribe(topics, last_event_id=last_event_id))
            self._followers.append(follower)
            follower.pump = spawn(self._pump(follower.subscription), name="hub client", notify=_log_failure)

    async def receive(self, text: str | bytes) -> None:
        """Act on one message of the client; what it gets wrong it is told."""
        try:
            await self._act(_parse(text))
        except UserFacingError as exc:
            await self._say(error_frame(exc.problem()))

    async def close(self) -> None:
        """Let the client go. May be called twice."""
        followers, self._followers = self._followers, []
        for follower in followers:
            await cancel(follower.pump)
            self._hub.unsubscribe(follower.subscription)

    async def _act(self, message: dict[str, Any]) -> None:
        names = message.get("topics")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise HubMessageInvalid
        match message.get("op"), message.get("last_event_id", ""):
            case "subscribe", str(last_event_id):
                self.subscribe(names, last_event_id)
            case "unsubscribe", _:
                await self._unsubscribe(check_names(names))
            case _:
                raise HubMessageInvalid

    async def _unsubscribe(self, topics: frozenset[str]) -> None:
        for follower in tuple(self._followers):
            self._hub.leave(follower.subscription, follower.subscription.topics & topics)
            if not follower.subscription.topics:
                self._followers.remove(follower)
                await cancel(follower.pump)
                self._hub.unsubscribe(follower.subscription)

    async def _pump(self, subscription: Subscription) -> None:
        try:
            while True:
                for frame in await subscription.next_batch(HEARTBEAT_S):
                    await self._say(frame)
        except SubscriptionClosed:  # by the hub: a conversation that is closed cancels this pump first
            await self._hang_up(GOING_AWAY)
        except TimeoutError:
            self._hub.unsubscribe(subscription)
            await self._hang_up(TRY_AGAIN_LATER)

    async def _say(self, frame: Frame) -> None:
        async with asyncio.timeout(SEND_LIMIT_S), self._turn:
            await self._send(frame.text)


def _parse(text: str | bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise HubMessageInvalid(detail=str(exc)) from exc
    if not isinstance(message, dict):
        raise HubMessageInvalid
    return message


def _log_failure(exc: BaseException) -> None:
    _logger.error("a hub client's pump failed", exc_info=exc)
