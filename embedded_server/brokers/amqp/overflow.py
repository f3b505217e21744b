"""Queues that keep what they have when they are full, and turn away what comes."""

from embedded_server.brokers.amqp.arguments import Overflow
from embedded_server.brokers.amqp.dead_letter import Reason
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.queue import Queue


class RejectingQueue(Queue):
    """A queue with ``x-overflow`` of ``reject-publish`` or ``reject-publish-dlx``: its own class, so that others need not ask."""

    def push(self, message: Message) -> None:
        """Take in a routed message, or turn it away: also where a consumer waits, as RabbitMQ looks at the length first."""
        if not self._has_room_for(message):
            self.vhost.refused = True
            if self.arguments.overflow is Overflow.REJECT_PUBLISH_DLX:
                self.vhost.dead_letter(self, message, Reason.MAXLEN)
            return
        super().push(message)

    def _has_room_for(self, message: Message) -> bool:
        most, most_bytes = self.arguments.max_length, self.arguments.max_length_bytes
        if most is not None and len(self.ready) >= most:
            return False
        return most_bytes is None or self.ready_bytes + len(message.body) <= most_bytes

    def _limit_length(self) -> None:
        """What is inside stays, also where more returns than there is room for."""
