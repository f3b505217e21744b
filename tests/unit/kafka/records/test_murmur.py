"""Keys go where the Java client sends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as theirs

from embedded_server.kafka.records.murmur import murmur2, partition_of


@given(st.binary(max_size=200))
def test_the_hash_is_kafka_pythons(key: bytes) -> None:
    assert murmur2(key) == theirs(key)


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_the_hash_is_what_apache_kafkas_own_tests_expect(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed & 0xFFFFFFFF


@given(st.binary(max_size=50), st.integers(1, 1_000))
def test_a_partition_is_always_one_of_the_topics(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
