"""Finds out what a user may do in a virtual host without changing anything: by acts on names that do not exist."""

import secrets
from typing import Final

from pamqp import commands
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from embedded_server.rabbitmq.walk.methods import AmqpPeer, Refused

_ACCESS_REFUSED: Final = 403
_NOT_FOUND: Final = 404
ALL: Final = ("configure", "write", "read")


async def missing_permissions(peer: AmqpPeer) -> list[str]:
    """Answer which of `ALL` are refused. RabbitMQ looks at the permission before it looks for the object."""
    name = f"switchroom.test.{secrets.token_hex(6)}"
    acts = {
        "configure": marshal(commands.Queue.Delete(0, name, if_unused=True, if_empty=True), 1),
        "write": marshal(commands.Basic.Publish(0, name, ""), 2) + marshal(ContentHeader(0, 0), 2),
        "read": marshal(commands.Basic.Get(0, name), 3),
    }
    missing = []
    for channel, (permission, act) in enumerate(acts.items(), start=1):
        peer.send(marshal(commands.Channel.Open(), channel))
        await peer.expect(commands.Channel.OpenOk, channel)
        peer.send(act)
        if not await _is_permitted(peer, channel):
            missing.append(permission)
    return missing


async def _is_permitted(peer: AmqpPeer, channel: int) -> bool:
    try:
        await peer.expect(commands.Queue.DeleteOk, channel)
    except Refused as exc:
        if exc.code not in {_ACCESS_REFUSED, _NOT_FOUND}:
            raise
        peer.send(marshal(commands.Channel.CloseOk(), channel))
        return exc.code == _NOT_FOUND
    return True
