"""Confirms and transactions: when a publisher may forget a message."""

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import channel_error, drained, publish, settle


def test_confirmed_publish(channel: BlockingChannel, queue: str) -> None:
    channel.confirm_delivery()
    for body in (b"1", b"2"):
        channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2))
    assert drained(channel, queue) == [b"1", b"2"]


def test_unroutable_message_is_confirmed_too(channel: BlockingChannel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("amq.direct", "nowhere", b"x")


def test_mandatory_unroutable_message_comes_back_before_its_confirm(channel: BlockingChannel) -> None:
    channel.confirm_delivery()
    with pytest.raises(pika.exceptions.UnroutableError) as raised:
        channel.basic_publish("amq.direct", "nowhere", b"x", mandatory=True)
    assert [message.body for message in raised.value.messages] == [b"x"]


def test_transaction_publishes_at_its_commit(channel: BlockingChannel, queue: str) -> None:
    channel.tx_select()
    publish(channel, queue, b"1", b"2")
    other = channel.connection.channel()
    assert drained(other, queue) == []
    channel.tx_commit()
    assert drained(other, queue) == [b"1", b"2"]


def test_rolled_back_transaction_never_happened(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"0")
    settle(channel)
    channel.tx_select()
    tag = channel.basic_get(queue)[0].delivery_tag
    channel.basic_ack(tag)
    publish(channel, queue, b"1")
    channel.tx_rollback()
    other = channel.connection.channel()
    assert drained(other, queue) == []
    channel.basic_nack(tag, requeue=True)
    channel.tx_commit()
    assert drained(other, queue) == [b"0"]


def test_acknowledgement_counts_at_the_commit(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1")
    settle(channel)
    channel.tx_select()
    channel.basic_ack(channel.basic_get(queue)[0].delivery_tag)
    channel.tx_commit()
    channel.connection.channel()
    channel.basic_recover(requeue=True)
    assert drained(channel, queue) == []


def test_commit_without_transaction_is_refused(channel: BlockingChannel) -> None:
    assert channel_error(channel.tx_commit) == (406, "PRECONDITION_FAILED - channel is not transactional")


def test_rollback_without_transaction_is_refused(channel: BlockingChannel) -> None:
    assert channel_error(channel.tx_rollback) == (406, "PRECONDITION_FAILED - channel is not transactional")


def test_a_channel_is_either_confirming_or_transactional(channel: BlockingChannel) -> None:
    first, second = channel, channel.connection.channel()
    first.tx_select()
    assert channel_error(first.confirm_delivery) == (406, "PRECONDITION_FAILED - cannot switch from tx to confirm mode")
    second.confirm_delivery()
    assert channel_error(second.tx_select) == (406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode")


def test_publishing_in_someone_elses_name_is_refused(channel: BlockingChannel, queue: str) -> None:
    def act() -> None:
        publish(channel, queue, b"x", user_id="someone")
        settle(channel)

    expected = "PRECONDITION_FAILED - user_id property set to 'someone' but authenticated user was 'guest'"
    assert channel_error(act) == (406, expected)
