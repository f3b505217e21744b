"""``switchroom brokers`` as a process: its ready line, its end, and what survives ``kill -9``."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pika
import pytest

from embedded_server.brokers import EmbeddedBrokers
from embedded_server.contracts.server import PartState
from tests.contract.amqp.client import Client, drained, publish, settle, wait_for
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import knows_a_broker

COMMAND = (sys.executable, "-m", "embedded_server.brokers.command")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    made = EmbeddedBroker(tmp_path)
    made.start()
    yield made
    made.kill()


def test_ready_line_is_all_there_is_on_standard_output(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    child = subprocess.Popen(
        [*COMMAND, "--data-dir", str(tmp_path), "--kafka-port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    request.addfinalizer(child.kill)
    assert child.stdout is not None
    ready = json.loads(child.stdout.readline())
    assert ready.keys() == {"amqp", "amqp_management", "kafka", "pid"}
    assert ready["amqp"].startswith("amqp://guest:guest@127.0.0.1:")
    assert ready["amqp"].endswith("//")
    assert ready["kafka"].startswith("127.0.0.1:")
    assert ready["pid"] == child.pid
    assert ready["amqp_management"].startswith("http://guest:guest@127.0.0.1:")
    assert httpx.get(f"{ready['amqp_management']}/api/whoami").json()["name"] == "guest"
    client = pika.BlockingConnection(pika.URLParameters(f"{ready['amqp'][:-1]}%2F"))
    client.close()
    child.terminate()
    assert child.wait(10) == 0
    assert child.communicate()[0] == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to end it politely there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly_and_tells_its_clients(process: EmbeddedBroker, number: signal.Signals) -> None:
    client = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", process.port))
    assert process._process is not None
    process._process.send_signal(number)
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as raised:
        client.process_data_events(time_limit=10)
    assert raised.value.reply_code == 320
    assert process._process.wait(10) == 0


def test_port_in_use_is_told_in_one_line(process: EmbeddedBroker, tmp_path: Path) -> None:
    ended = run("--data-dir", str(tmp_path / "other"), "--amqp-port", str(process.port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    expected = (
        f"switchroom brokers: Port {process.port} on 127.0.0.1 is in use. "
        "Stop the program that has it, or choose another port with --amqp-port (0 takes a free one).\n"
    )
    assert ended.stderr == expected


def test_management_port_in_use_is_told_in_one_line(process: EmbeddedBroker, tmp_path: Path) -> None:
    ended = run("--data-dir", str(tmp_path / "other"), "--management-port", str(process.port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.endswith("or choose another port with --management-port (0 takes a free one).\n")
    assert len(ended.stderr.splitlines()) == 1


def test_kafka_port_in_use_is_told_in_one_line(process: EmbeddedBroker, tmp_path: Path) -> None:
    port = process.kafka.rpartition(":")[2]
    ended = run("--data-dir", str(tmp_path / "other"), "--kafka-port", port)
    assert ended.returncode == 1
    assert ended.stdout == ""
    expected = (
        f"switchroom brokers: Port {port} on 127.0.0.1 is in use. "
        "Stop the program that has it, or choose another port with --kafka-port (0 takes a free one).\n"
    )
    assert ended.stderr == expected


def test_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ended = run("--data-dir", str(tmp_path / "file"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("switchroom brokers: The broker cannot keep its messages in")
    assert len(ended.stderr.strip().splitlines()) == 1


def test_second_broker_on_the_same_folder_is_refused(process: EmbeddedBroker, tmp_path: Path) -> None:
    ended = run("--data-dir", str(tmp_path))
    assert ended.returncode == 1
    assert "Another broker already runs on" in ended.stderr


def test_port_that_is_no_port_is_a_usage_error() -> None:
    assert run("--amqp-port", "70000").returncode == 2


def test_alone_it_does_not_care_for_standard_input(process: EmbeddedBroker) -> None:
    # The fixture starts it with standard input at its end; that it answers now is the test.
    client = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", process.port))
    client.close()


def test_child_ends_with_its_parents_end_of_the_pipe(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [*COMMAND, "--child", "--data-dir", str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline()
    child.communicate(timeout=10)
    assert child.returncode == 0


def test_damaged_store_is_set_aside_and_named(tmp_path: Path) -> None:
    (tmp_path / "brokers").mkdir()
    (tmp_path / "brokers" / "amqp.sqlite3").write_bytes(b"no database" * 1000)
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    broker.stop()
    (kept,) = (tmp_path / "brokers").glob("*.damaged-*")
    assert str(kept) in broker.stderr


def test_confirmed_messages_survive_kill_9(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    client = Client(broker.port)
    channel = client.channel()
    channel.queue_declare("survivors", durable=True)
    channel.exchange_declare("way", "topic", durable=True)
    channel.queue_bind("survivors", "way", "a.*")
    channel.confirm_delivery()
    bodies = [b"%d" % number for number in range(500)]
    for body in bodies:
        channel.basic_publish("way", "a.b", body, pika.BasicProperties(delivery_mode=2))
    broker.kill()
    client.close()
    broker.start()
    again = Client(broker.port)
    channel = again.channel()
    assert drained(channel, "survivors") == bodies
    publish(channel, "a.c", b"bound", exchange="way")
    settle(channel)
    assert drained(channel, "survivors") == [b"bound"]
    again.close()
    assert broker.stop() == 0


async def test_supervised_brokers_come_back_on_their_port(tmp_path: Path) -> None:
    lines: list[str] = []
    brokers = EmbeddedBrokers(tmp_path, lambda _part, _level, line: lines.append(line))
    await brokers.start()
    try:
        first = brokers.status()
        url, management_url, kafka = brokers.amqp_url, brokers.management_url, brokers.kafka_address
        assert knows_a_broker(int(kafka.rpartition(":")[2]))
        assert (first.state, first.address) == (PartState.RUNNING, url)
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{management_url}/api/whoami")).json()["name"] == "guest"
        await brokers.restart()
        again = brokers.status()
        assert again.state is PartState.RUNNING
        assert again.pid != first.pid
        assert (brokers.amqp_url, brokers.management_url, brokers.kafka_address) == (url, management_url, kafka)
    finally:
        await brokers.stop()
        await brokers.stop()
    assert brokers.status().state is PartState.STOPPED


async def test_brokers_of_a_data_directory_are_where_they_were(tmp_path: Path) -> None:
    urls = []
    for _ in range(2):
        brokers = EmbeddedBrokers(tmp_path, lambda *_: None)
        urls.append((brokers.amqp_url, brokers.kafka_address))
        await brokers.start()
        assert (brokers.amqp_url, brokers.kafka_address) == urls[0]
        await brokers.stop()
    assert urls[0] == urls[1]
    assert (tmp_path / "brokers" / "amqp.sqlite3").exists()


async def test_brokers_move_where_another_program_has_their_port(tmp_path: Path) -> None:
    lines: list[str] = []
    brokers = EmbeddedBrokers(tmp_path, lambda _part, _level, line: lines.append(line))
    wanted = brokers.amqp_url
    with socket.create_server(("127.0.0.1", urlsplit(wanted).port or 0)):
        await brokers.start()
        assert brokers.status().state is PartState.WAITING
        assert "is in use" in brokers.status().reason
        await brokers.restart()
        assert brokers.status().state is PartState.RUNNING
    await brokers.stop()
    assert brokers.amqp_url != wanted
    assert EmbeddedBrokers(tmp_path, lambda *_: None).amqp_url == brokers.amqp_url


async def test_brokers_move_kafka_where_another_program_has_its_port(tmp_path: Path) -> None:
    brokers = EmbeddedBrokers(tmp_path, lambda *_: None)
    url, wanted = brokers.amqp_url, brokers.kafka_address
    with socket.create_server(("127.0.0.1", int(wanted.rpartition(":")[2]))):
        await brokers.start()
        assert "--kafka-port" in brokers.status().reason
        await brokers.restart()
        assert brokers.status().state is PartState.RUNNING
    await brokers.stop()
    assert brokers.kafka_address != wanted
    assert brokers.amqp_url == url


async def test_amqp_does_not_wait_for_a_management_port_that_is_taken(tmp_path: Path) -> None:
    brokers = EmbeddedBrokers(tmp_path, lambda *_: None)
    url, wanted = brokers.amqp_url, brokers.management_url
    with socket.create_server(("127.0.0.1", urlsplit(wanted).port or 0)):
        await brokers.start()
        try:
            assert (brokers.status().state, brokers.amqp_url) == (PartState.RUNNING, url)
            assert brokers.management_url != wanted
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{brokers.management_url}/api/whoami")).json()["name"] == "guest"
        finally:
            await brokers.stop()


def test_flood_to_a_consumer_that_does_not_read_stays_on_the_broker(process: EmbeddedBroker) -> None:
    publisher = Client(process.port)
    channel = publisher.channel()
    channel.queue_declare("flood")
    body = bytes(100_000)
    for _ in range(200):
        channel.basic_publish("", "flood", body)
    settle(channel)
    lazy = Client(process.port)
    reader = lazy.channel()
    reader.basic_consume("flood", print, auto_ack=True)
    wait_for(channel, lambda: _ready(channel) < 200, "the first deliveries")
    assert _ready(channel) > 50
    publisher.close()
    lazy.close()


def _ready(channel: pika.adapters.blocking_connection.BlockingChannel) -> int:
    return int(channel.queue_declare("flood", passive=True).method.message_count)


def test_strangers_do_no_harm(process: EmbeddedBroker) -> None:
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", process.port), timeout=10) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert stranger.recv(8) == b"AMQP\x00\x00\x09\x01"
    client = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", process.port))
    client.close()
    assert "Traceback" not in process.stderr
