"""What queues, exchanges and channels count: plain numbers that only grow, because each stands on the way of every message.

Rates, sums and what is unacknowledged are worked out of them when somebody asks.
"""


class QueueFigures:
    """What went through one queue since the broker started."""

    __slots__ = ("ack", "deliver", "deliver_no_ack", "get", "get_empty", "get_no_ack", "publish", "redeliver", "returned")

    def __init__(self) -> None:
        self.publish = 0
        """Messages that clients published and that were routed here; not those that were dead-lettered to it."""
        self.deliver = 0
        """To consumers that acknowledge."""
        self.deliver_no_ack = 0
        self.get = 0
        """Fetched by ``basic.get`` and to be acknowledged."""
        self.get_no_ack = 0
        self.get_empty = 0
        self.redeliver = 0
        self.ack = 0
        self.returned = 0
        """Handed out, and requeued or rejected."""

    @property
    def deliver_get(self) -> int:
        """Messages handed out, however."""
        return self.deliver + self.deliver_no_ack + self.get + self.get_no_ack

    @property
    def used(self) -> bool:
        """Whether anything was counted at all."""
        return bool(self.publish or self.deliver or self.deliver_no_ack or self.get or self.get_no_ack or self.get_empty)

    @property
    def unacknowledged(self) -> int:
        """Messages handed out whose fate is open."""
        return self.deliver + self.get - self.ack - self.returned


class ExchangeFigures:
    """What went through one exchange since the broker started."""

    __slots__ = ("publish_in", "publish_out")

    def __init__(self) -> None:
        self.publish_in = 0
        self.publish_out = 0
        """Copies that queues got."""


class ChannelFigures:
    """What a channel published since it was opened."""

    __slots__ = ("confirm", "drop_unroutable", "publish", "return_unroutable")

    def __init__(self) -> None:
        self.publish = 0
        self.confirm = 0
        self.return_unroutable = 0
        """Mandatory messages that reached no queue."""
        self.drop_unroutable = 0
        """Others that reached none."""


class VHostFigures:
    """What a virtual host owes to queues and channels that are gone, so that its sums never fall."""

    __slots__ = ("channels", "queues")

    def __init__(self) -> None:
        self.queues = QueueFigures()
        self.channels = ChannelFigures()

    def queue_gone(self, figures: QueueFigures) -> None:
        """A queue was deleted."""
        _add(self.queues, figures)

    def channel_gone(self, figures: ChannelFigures) -> None:
        """A channel was closed."""
        _add(self.channels, figures)


def _add(sums: QueueFigures | ChannelFigures, figures: QueueFigures | ChannelFigures) -> None:
    for name in sums.__slots__:
        setattr(sums, name, getattr(sums, name) + getattr(figures, name))
