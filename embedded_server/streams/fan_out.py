"""Writes a subscription as an event stream, batch by batch, over whatever takes bytes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from embedded_server.streams.frames import HEARTBEAT
from embedded_server.streams.hub import HEARTBEAT_S
from embedded_server.streams.subscription import Subscription, SubscriptionClosed

SEND_LIMIT_S: Final = 20.0
"""A client that takes nothing for so long is frozen, and let go."""


async def write_events(
    subscription: Subscription,
    write: Callable[[bytes], Awaitable[None]],
    *,
    enveloped: bool = False,
    heartbeat_s: float = HEARTBEAT_S,
    send_limit_s: float = SEND_LIMIT_S,
) -> None:
    """Write until the subscription is closed. Frames that wait are written together; quiet is a comment.

    Raises `TimeoutError` for a client that does not read.
    """
    while True:
        try:
            batch = await subscription.next_batch(heartbeat_s)
        except SubscriptionClosed:
            return
        chunk = b"".join([frame.sse_enveloped if enveloped else frame.sse for frame in batch]) or HEARTBEAT
        async with asyncio.timeout(send_limit_s):
            await write(chunk)
