"""Publishes one message at a time, confirmed and, unless told otherwise, mandatory; each is an event of the journal."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import Message, MessageStatus, PublishOutcome
from embedded_server.core.profiles import require_writable
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.core.uploads import Uploads
from embedded_server.journal import Journal, JournalClosed
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.messages.events import message_event
from embedded_server.rabbitmq.messages.prepare import Prepared, prepare
from embedded_server.rabbitmq.problems import ChannelClosed

CONFIRM_LIMIT_S: Final = 30.0
KEPT_LIMIT_S: Final = 1.0


@dataclass(slots=True)
class _Lane:
    """A channel with confirms, for one message at a time."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    channel: Channel | None = None


class Publisher:
    """Single messages to every connection."""

    def __init__(self, links: Links, journal: Journal, uploads: Uploads) -> None:
        self._links = links
        self._journal = journal
        self._uploads = uploads
        self._lanes: dict[tuple[str, str], _Lane] = {}

    async def publish(self, connection: str, message: Message) -> PublishOutcome:
        """Publish one message and answer what became of it.

        Raises a `UserFacingError` where it was not published: `BrokerBlocked`, `NoSuchObject` for an unknown exchange, a header that
        cannot be sent. Where the connection is lost before the broker has answered, the outcome is ``unconfirmed``.
        """
        profile = await self._links.profile(connection)
        require_writable(profile)
        prepared = await prepare(message, self._uploads)
        lane = self._lanes.setdefault((connection, message.vhost), _Lane())
        async with lane.turn:
            channel = await self._channel(lane, connection, message.vhost)
            at = time.time_ns()
            outcome = await _send(channel, prepared)
        await self._keep(
            message_event(
                Kind.MESSAGE_RETURNED if outcome.status is MessageStatus.RETURNED else Kind.MESSAGE_PUBLISHED,
                outcome.status,
                profile.name,
                exchange=prepared.exchange,
                routing_key=prepared.routing_key,
                content=prepared.content,
                body=prepared.body,
                reply_code=outcome.reply_code,
                reply_text=outcome.reply_text,
                at=at,
            )
        )
        return outcome

    async def _keep(self, event: Event) -> None:
        """Let the event be there for who asks for it next; a journal that cannot write holds no answer back for long."""
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(KEPT_LIMIT_S):
                await self._journal.append_durably(event)

    async def _channel(self, lane: _Lane, connection: str, vhost: str) -> Channel:
        if lane.channel is None or not lane.channel.is_open:
            lane.channel = await self._links.channel(connection, vhost, purpose=Purpose.PUBLISH, confirms=True)
        if lane.channel.link.blocked:
            raise lane.channel.link.blocked_problem()
        return lane.channel


async def _send(channel: Channel, prepared: Prepared) -> PublishOutcome:
    try:
        async with asyncio.timeout(CONFIRM_LIMIT_S):
            return await channel.publish_confirmed(
                prepared.exchange, prepared.routing_key, prepared.body, prepared.content, mandatory=prepared.mandatory
            )
    except ChannelClosed:
        raise  # the broker says that it did not take it
    except LinkProblem as exc:
        return PublishOutcome(MessageStatus.UNCONFIRMED, reply_text=_words(exc))
    except TimeoutError:
        link = channel.link
        words = f"No answer within {CONFIRM_LIMIT_S:g} s" + (f". {_words(link.blocked_problem())}" if link.blocked else "")
        await channel.close()
        return PublishOutcome(MessageStatus.UNCONFIRMED, reply_text=words)


def _words(exc: UserFacingError) -> str:
    return f"{exc}. {exc.detail}" if exc.detail else str(exc)
