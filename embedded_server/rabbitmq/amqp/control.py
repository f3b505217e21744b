"""How short acts come by a channel, and where they go unless told otherwise."""

from collections.abc import Awaitable, Callable

from embedded_server.core.profiles import Profile
from embedded_server.rabbitmq.amqp.channel import Channel

OpenChannel = Callable[[str, str], Awaitable[Channel]]
"""Opens a channel for short acts, by connection and virtual host."""


def own_vhost(profile: Profile) -> str:
    """Answer the virtual host that a connection names."""
    return profile.spec.rabbitmq.vhost if profile.spec.rabbitmq is not None else "/"
