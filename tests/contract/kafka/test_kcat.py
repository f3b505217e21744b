"""A client not written in Python: kcat, which is librdkafka."""

import json
import shutil
import subprocess
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

LIMIT_S = 20.0
FORMAT = '{"partition":%p,"offset":%o,"key":"%k","value":"%s","key_size":%K,"size":%S,"headers":"%h"}\n'

pytestmark = pytest.mark.skipif(shutil.which("kcat") is None, reason="needs Debian's kcat: run `make real-brokers`")


def _kcat(bootstrap: str, *arguments: str, said: bytes = b"") -> str:
    done = subprocess.run(
        ["kcat", "-b", bootstrap, "-X", "log.connection.close=false", *arguments],
        input=said,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def _consumed(bootstrap: str, topic: str, *arguments: str) -> list[dict[str, Any]]:
    lines = _kcat(bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", FORMAT, *arguments).splitlines()
    return [json.loads(line) for line in lines]


def _read(bootstrap: str, topic: str, count: int) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    found: list[Any] = []
    try:
        while len(found) < count:
            came = consumer.poll(int(LIMIT_S * 1000))
            assert came, f"{len(found)} of {count} records"
            found += came[partition]
    finally:
        consumer.close()
    return found


def test_what_kcat_produces_comes_with_key_headers_and_tombstone(bootstrap: str, topic: str) -> None:
    _kcat(bootstrap, "-P", "-t", topic, "-K", ":", "-H", "trace=1", "-H", "empty=", "-H", "none", said=b"key:value\n")
    _kcat(bootstrap, "-P", "-t", topic, "-K", ":", "-Z", said=b"gone:\n")
    _kcat(bootstrap, "-P", "-t", topic, "-z", "zstd", said=b"no key\n")
    first, second, third = _read(bootstrap, topic, 3)
    assert (first.key, first.value, list(first.headers)) == (b"key", b"value", [("trace", b"1"), ("empty", b""), ("none", None)])
    assert (second.key, second.value, list(second.headers)) == (b"gone", None, [])
    assert (third.key, third.value, third.offset) == (None, b"no key", 2)


def test_kcat_consumes_key_headers_and_tombstone(bootstrap: str, topic: str) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    sent = [
        producer.send(topic, b"value", b"key", headers=[("a", b"1"), ("b", b"2"), ("a", b"")]),
        producer.send(topic, None, b"gone"),
        producer.send(topic, b"", None),
    ]
    assert [one.get(LIMIT_S).offset for one in sent] == [0, 1, 2]
    producer.close()
    first, second, third = _consumed(bootstrap, topic)
    assert (first["key"], first["value"], first["headers"], first["size"]) == ("key", "value", "a=1,b=2,a=", 5)
    assert (second["key"], second["value"], second["size"]) == ("gone", "", -1)
    assert (third["key"], third["value"], third["key_size"], third["size"]) == ("", "", -1, 0)


def test_what_kcat_produces_kcat_consumes_by_partition_and_offset(bootstrap: str, topic: str) -> None:
    _kcat(bootstrap, "-P", "-t", topic, "-p", "0", said=b"".join(b"%d\n" % number for number in range(200)))
    assert [one["value"] for one in _consumed(bootstrap, topic)] == [str(number) for number in range(200)]
    last = _consumed(bootstrap, topic, "-p", "0", "-o", "-3")
    assert [(one["offset"], one["value"]) for one in last] == [(197, "197"), (198, "198"), (199, "199")]


def test_kcat_lists_the_broker_and_the_topic(bootstrap: str, topic: str) -> None:
    told = json.loads(_kcat(bootstrap, "-L", "-J", "-t", topic))
    assert [one["name"] for one in told["brokers"]] == [bootstrap]
    (found,) = told["topics"]
    assert (found["topic"], [one["partition"] for one in found["partitions"]]) == (topic, [0])


def test_kcat_asks_for_offsets_by_time(bootstrap: str, topic: str) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=100)
    at = producer.send(topic, b"0").get(LIMIT_S).timestamp
    for step in (1, 2, 3):
        producer.send(topic, b"%d" % step, timestamp_ms=at + step * 1000)
    producer.flush()
    producer.close()
    for time, offset in ((at, 0), (at + 1500, 2), (at + 3000, 3), (-1, 4), (-2, 0)):
        assert f"{topic} [0] offset {offset}" in _kcat(bootstrap, "-Q", "-t", f"{topic}:0:{time}")
