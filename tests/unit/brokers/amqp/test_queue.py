"""Queues over a clock that is turned by hand."""

import logging

import pytest
from pamqp import commands

from embedded_server.brokers.amqp.arguments import QueueArguments, kept_queue_arguments
from tests.unit.brokers.amqp.peer import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


def depth(bench: Bench, name: str = "q") -> int:
    return len(bench.broker.vhosts["/"].queues[name].ready)


def test_messages_live_as_long_as_their_queue_says(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare(arguments={"x-message-ttl": 1000})
    peer.publish()
    bench.advance(0.5)
    peer.publish()
    bench.advance(0.6)
    assert depth(bench) == 1
    bench.advance(0.5)
    assert depth(bench) == 0


def test_message_that_expires_behind_a_longer_lived_one_is_not_delivered(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare()
    peer.publish(payload=b"long", expiration="5000")
    peer.publish(payload=b"short", expiration="1000")
    bench.advance(2)
    peer.consume()
    assert peer.bodies() == [b"long"]


def test_unused_queue_goes_when_its_time_is_up(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare(arguments={"x-expires": 1000})
    for _ in range(5):
        bench.advance(0.9)
        peer.ask(commands.Basic.Get(queue="q"), commands.Basic.GetEmpty)
    bench.advance(1.1)
    assert "q" not in bench.broker.vhosts["/"].queues


def test_queue_is_unused_from_the_end_of_its_last_consumer(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare(arguments={"x-expires": 1000})
    peer.consume()
    bench.advance(10)
    peer.method(1, commands.Basic.Cancel("c"))
    bench.advance(0.9)
    assert "q" in bench.broker.vhosts["/"].queues
    bench.advance(0.2)
    assert "q" not in bench.broker.vhosts["/"].queues


def test_queue_that_dead_letters_into_itself_ends(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare(arguments={"x-max-length": 500, "x-dead-letter-exchange": ""})
    for _ in range(1500):
        peer.publish()
    assert depth(bench) == 500


def test_consumers_are_told_of_a_deleted_queue_if_they_understand(bench: Bench) -> None:
    told, deaf = bench.peer(), bench.peer(client_properties={"capabilities": {}})
    told.declare()
    for peer in (told, deaf):
        peer.consume()
        peer.answers()
    deleter = bench.peer()
    deleter.ask(commands.Queue.Delete(queue="q"), commands.Queue.DeleteOk)
    assert [type(answer) for answer in told.answers()] == [commands.Basic.Cancel]
    assert deaf.answers() == []


def test_confirms_of_one_turn_are_one_frame(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare()
    peer.ask(commands.Confirm.Select(), commands.Confirm.SelectOk)
    for _ in range(10):
        peer.publish()
    (ack,) = peer.answers()
    assert isinstance(ack, commands.Basic.Ack)
    assert (ack.delivery_tag, ack.multiple) == (10, True)
    peer.publish()
    (ack,) = peer.answers()
    assert isinstance(ack, commands.Basic.Ack)
    assert (ack.delivery_tag, ack.multiple) == (11, False)


def test_remembered_route_is_forgotten_when_a_binding_changes(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare()
    bind = commands.Queue.Bind(queue="q", exchange="amq.topic", routing_key="a.*")
    peer.publish("a.b", exchange="amq.topic")
    peer.ask(bind, commands.Queue.BindOk)
    peer.publish("a.b", exchange="amq.topic")
    assert depth(bench) == 1
    peer.ask(commands.Queue.Unbind(queue="q", exchange="amq.topic", routing_key="a.*"), commands.Queue.UnbindOk)
    peer.publish("a.b", exchange="amq.topic")
    assert depth(bench) == 1


def test_idle_expiry_of_many_touches_leaves_one_timer(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare(arguments={"x-expires": 60_000})
    for _ in range(100):
        peer.ask(commands.Basic.Get(queue="q"), commands.Basic.GetEmpty)
    assert len(bench.broker.timers._heap) <= 3


@pytest.mark.parametrize("kind", ["quorum", "stream"])
def test_queues_of_other_types_are_refused_by_name(kind: str) -> None:
    peer = Bench().peer()
    close = peer.ask(commands.Queue.Declare(queue="q", durable=True, arguments={"x-queue-type": kind}), commands.Channel.Close)
    expected = f"queue 'q' in vhost '/': the embedded broker has classic queues only, none of type '{kind}'. Use a RabbitMQ server for it"
    assert (close.reply_code, close.reply_text) == (406, f"PRECONDITION_FAILED - {expected}")


def test_a_server_named_queue_of_another_type_is_refused() -> None:
    close = Bench().peer().ask(commands.Queue.Declare(queue="", arguments={"x-queue-type": "quorum"}), commands.Channel.Close)
    assert close.reply_text == "PRECONDITION_FAILED - Cannot declare a server-named queue for type rabbit_quorum_queue"


def test_what_an_earlier_version_let_pass_does_not_keep_a_broker_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        kept = kept_queue_arguments({"x-queue-type": "quorum", "x-delivery-limit": 5}, "q", "/")
    assert kept == QueueArguments()
    assert "classic queues only" in caplog.text
