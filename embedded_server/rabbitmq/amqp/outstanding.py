"""Keeps account of messages that are published and not yet confirmed. No socket and no clock here."""

from collections.abc import Iterator
from typing import NamedTuple

from embedded_server.contracts.rabbitmq import MessageStatus
from embedded_server.rabbitmq.amqp.receiver import Returned
from embedded_server.rabbitmq.messages.prepare import Prepared


class Sent(NamedTuple):
    """A message on its way."""

    message: Prepared
    at: int


class Settled(NamedTuple):
    """A message whose end is known."""

    message: Prepared
    at: int
    status: MessageStatus
    returned: Returned | None = None


class Outstanding:
    """The messages of one channel, by publish tag."""

    def __init__(self) -> None:
        self.bytes = 0
        self._sent: dict[int, Sent] = {}
        self._returned: dict[int, Returned] = {}
        self._first = 1
        self._last = 0
        self._looked_through = 0
        """The newest tag that a return was for: returns come in the order of publishing."""

    def __len__(self) -> int:
        return len(self._sent)

    def add(self, first: int, sent: list[Sent]) -> None:
        """Note messages that have the publish tags from *first* on."""
        self._sent.update(enumerate(sent, first))
        self._last = first + len(sent) - 1
        self.bytes += sum([len(one.message.body) for one in sent])

    def returned(self, returned: Returned) -> None:
        """Note that one came back. The protocol does not say which: it is the oldest that it can be."""
        last = -1
        for tag in range(max(self._first, self._looked_through + 1), self._last + 1):
            sent = self._sent.get(tag)
            if sent is None or not _same_place(sent.message, returned):
                continue
            if sent.message.body == returned.body and sent.message.content == returned.content:
                last = tag
                break
            if last < 0:
                last = tag  # the broker may have written the properties anew
        if last >= 0:
            self._looked_through = last
            self._returned[last] = returned

    def confirmed(self, tag: int, multiple: bool, acked: bool) -> list[Settled]:
        """Answer the messages that a confirm settles, oldest first."""
        settled: list[Settled] = []
        first = self._first if multiple else tag
        for one in range(first, tag + 1):
            sent = self._sent.pop(one, None)
            if sent is None:
                continue
            returned = self._returned.pop(one, None) if self._returned else None
            status = MessageStatus.RETURNED if returned else MessageStatus.CONFIRMED if acked else MessageStatus.REFUSED
            self.bytes -= len(sent.message.body)
            settled.append(Settled(sent.message, sent.at, status, returned))
        if multiple or tag == self._first:
            self._first = tag + 1
        return settled

    def lost(self) -> Iterator[Settled]:
        """Answer those that will have no answer any more, but for those that came back."""
        for tag, sent in self._sent.items():
            returned = self._returned.get(tag)
            yield Settled(sent.message, sent.at, MessageStatus.RETURNED if returned else MessageStatus.UNCONFIRMED, returned)
        self._sent.clear()
        self._returned.clear()
        self.bytes = 0


def _same_place(message: Prepared, returned: Returned) -> bool:
    return message.routing_key == returned.routing_key and message.exchange == returned.exchange and message.mandatory
