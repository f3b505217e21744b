"""Which published message a confirm or a return is for."""

from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.rabbitmq import MessageStatus
from embedded_server.rabbitmq.amqp.outstanding import Outstanding, Sent
from embedded_server.rabbitmq.amqp.receiver import Returned
from embedded_server.rabbitmq.messages.prepare import Prepared


def message(body: bytes = b"x", key: str = "k", content: bytes = b"\x00\x00") -> Prepared:
    return Prepared("ex", key, True, content, body)


def sent(*messages: Prepared) -> list[Sent]:
    return [Sent(one, number) for number, one in enumerate(messages)]


def back(one: Prepared, content: bytes | None = None) -> Returned:
    return Returned(312, "NO_ROUTE", one.exchange, one.routing_key, one.content if content is None else content, one.body)


def test_a_confirm_of_many_settles_all_up_to_it_in_order() -> None:
    outstanding, all_ = Outstanding(), [message(b"%d" % number) for number in range(4)]
    outstanding.add(1, sent(*all_))
    assert [one.message for one in outstanding.confirmed(2, True, True)] == all_[:2]
    assert [one.status for one in outstanding.confirmed(4, False, False)] == [MessageStatus.REFUSED]
    assert [one.message for one in outstanding.confirmed(4, True, True)] == [all_[2]]
    assert len(outstanding) == outstanding.bytes == 0


def test_a_return_is_for_the_oldest_message_it_can_be() -> None:
    outstanding = Outstanding()
    lost, kept = message(b"lost", "nowhere"), message(b"kept")
    outstanding.add(1, sent(kept, lost, kept, lost))
    outstanding.returned(back(lost))
    outstanding.returned(back(lost))
    settled = outstanding.confirmed(4, True, True)
    assert [one.status for one in settled] == [MessageStatus.CONFIRMED, MessageStatus.RETURNED] * 2
    assert settled[1].returned is not None


def test_a_return_whose_properties_were_written_anew_still_finds_its_message() -> None:
    outstanding = Outstanding()
    outstanding.add(1, sent(message(b"a", "other"), message(b"b")))
    outstanding.returned(back(message(b"b"), content=b"\x80\x00\x00"))
    assert [one.status for one in outstanding.confirmed(2, True, True)] == [MessageStatus.CONFIRMED, MessageStatus.RETURNED]


def test_what_a_lost_connection_leaves_is_unconfirmed_unless_it_came_back() -> None:
    outstanding = Outstanding()
    outstanding.add(1, sent(message(b"a"), message(b"b", "nowhere")))
    outstanding.returned(back(message(b"b", "nowhere")))
    assert [one.status for one in outstanding.lost()] == [MessageStatus.UNCONFIRMED, MessageStatus.RETURNED]
    assert len(outstanding) == 0


@given(st.integers(1, 60), st.data())
def test_every_message_is_settled_once_however_confirms_come(count: int, data: st.DataObject) -> None:
    outstanding = Outstanding()
    outstanding.add(1, sent(*[message(b"%d" % number) for number in range(count)]))
    settled: list[bytes] = []
    left = set(range(1, count + 1))
    while left:
        tag, multiple = data.draw(st.sampled_from(sorted(left))), data.draw(st.booleans())
        settled += [one.message.body for one in outstanding.confirmed(tag, multiple, True)]
        left -= set(range(1, tag + 1)) if multiple else {tag}
    assert sorted(settled, key=int) == [b"%d" % number for number in range(count)]
    assert len(outstanding) == outstanding.bytes == 0
