"""Members that are other programs: kcat in a group, and one that is killed, whose partitions go to the others once its session is over."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from tests.contract.kafka.members import LIMIT_S, Confluent, committed, settled, together
from tests.helpers.broker_processes import wait_until

pytestmark = [
    pytest.mark.usefixtures("chatty_client"),
    pytest.mark.skipif(shutil.which("kcat") is None, reason="needs Debian's kcat: run `make real-brokers`"),
]
SESSION_S = 6
"""The shortest that Apache Kafka allows."""
OPTIONS = {
    "auto.offset.reset": "earliest",
    "session.timeout.ms": SESSION_S * 1000,
    "heartbeat.interval.ms": 300,
    "auto.commit.interval.ms": 100,
}


@pytest.fixture
def wide(admin: KafkaAdminClient, name: str) -> str:
    """A topic with three partitions."""
    admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}})
    admin.wait_for_topics([name])
    return name


def fill(bootstrap: str, topic: str, numbers: range) -> None:
    with KafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in numbers:
            producer.send(topic, b"%d" % number, partition=number % 3)
        producer.flush()


def command(bootstrap: str, group: str, *arguments: str) -> list[str]:
    options = [part for name, value in OPTIONS.items() for part in ("-X", f"{name}={value}")]
    return ["kcat", "-b", bootstrap, "-X", "log.connection.close=false", *options, "-u", *arguments, "-G", group]


@contextmanager
def kcat_member(bootstrap: str, group: str, topic: str, said: Path) -> Iterator[subprocess.Popen[bytes]]:
    """kcat as a member, which says in a file what it is assigned."""
    with said.open("wb") as out, subprocess.Popen([*command(bootstrap, group), topic], stdout=subprocess.DEVNULL, stderr=out) as member:
        try:
            yield member
        finally:
            member.kill()


def read_by_kcat(bootstrap: str, group: str, topic: str, count: int) -> list[int]:
    """What kcat reads as a member that leaves after so many."""
    run = [*command(bootstrap, group, "-c", str(count)), topic]
    done = subprocess.run(run, capture_output=True, timeout=LIMIT_S, check=True)
    return sorted(int(line) for line in done.stdout.splitlines())


def test_kcat_in_a_group_goes_on_where_it_was(bootstrap: str, admin: KafkaAdminClient, wide: str) -> None:
    group = f"g-{wide}"
    for numbers in (range(30), range(30, 36)):
        fill(bootstrap, wide, numbers)
        assert read_by_kcat(bootstrap, group, wide, len(numbers)) == list(numbers)
    assert {place: offset for place, (offset, _) in committed(admin, group).items()} == {(wide, number): 12 for number in range(3)}


def test_what_a_killed_member_had_goes_to_the_others_once_its_session_is_over(bootstrap: str, wide: str, tmp_path: Path) -> None:
    group, said = f"g-{wide}", tmp_path / "said"
    fill(bootstrap, wide, range(30))
    assert read_by_kcat(bootstrap, group, wide, 30) == list(range(30))
    with kcat_member(bootstrap, group, wide, said) as killed:
        wait_until(lambda: b"assigned" in said.read_bytes(), LIMIT_S, "kcat has joined")
        with together(survivor := Confluent(bootstrap, group, [wide], **OPTIONS | {"session.timeout.ms": 30_000})):
            wait_until(lambda: survivor.assigned != frozenset(), LIMIT_S, "the two share it")
            assert len(survivor.assigned) < 3
            killed.kill()
            killed.wait(LIMIT_S)
            at = time.monotonic()
            fill(bootstrap, wide, range(30, 39))
            settled([survivor], [3])
            took = time.monotonic() - at
            wait_until(lambda: len(survivor.read) >= 9, LIMIT_S, "it reads on")
    assert SESSION_S - 2 < took < SESSION_S + 6, "a session lasts as long as was agreed, and no longer"
    assert sorted(int(value or b"") for value in survivor.read) == list(range(30, 39)), "what was committed does not come again"
