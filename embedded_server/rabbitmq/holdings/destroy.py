"""Deletes queues and exchanges and purges queues: what is gone is counted, and told to the journal."""

from embedded_server.contracts.rabbitmq import Destroy, Destroyed, Target
from embedded_server.core.profiles import require_typed
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.control import OpenChannel
from embedded_server.rabbitmq.holdings.acts import Acts, NameMissing, check_names
from embedded_server.rabbitmq.holdings.known import KnownNames


class Destroyer:
    """Destroys over AMQP, so that it works without the management API."""

    def __init__(self, acts: Acts, open_channel: OpenChannel, known: KnownNames) -> None:
        self._acts = acts
        self._open_channel = open_channel
        self._known = known

    async def destroy(self, connection: str, request: Destroy) -> Destroyed:
        """Do it, and answer how many messages went.

        Raises `NameNotTyped` on production, and what the broker does not like: a queue in use, or not empty, where that was ruled out.
        """
        profile = await self._acts.begin(connection)
        require_typed(profile, request.name, request.typed_name)
        if not request.name:
            raise NameMissing
        check_names(request.name)
        async with await self._open_channel(connection, request.vhost) as channel:
            messages = await self._destroy(channel, connection, request)
        what = "exchange" if request.target is Target.EXCHANGE else "queue"
        status = "purged" if request.target is Target.MESSAGES else "deleted"
        self._acts.done(profile, request.vhost, what, request.name, status, {"messages": messages})
        return Destroyed(messages)

    async def _destroy(self, channel: Channel, connection: str, request: Destroy) -> int:
        match request.target:
            case Target.MESSAGES:
                return await channel.purge(request.name)
            case Target.QUEUE:
                messages = await channel.delete_queue(request.name, if_unused=request.if_unused, if_empty=request.if_empty)
                self._known.forget_queue(connection, request.vhost, request.name)
                return messages
            case Target.EXCHANGE:
                await channel.delete_exchange(request.name, if_unused=request.if_unused)
                self._known.forget_exchange(connection, request.vhost, request.name)
                return 0
