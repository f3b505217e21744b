"""Kafka's records are found by topic, partition and offset, and offsets compare as numbers."""

import pytest

from embedded_server.contracts.events import Event, Kind
from embedded_server.journal import Sieve

EVENTS = [
    Event(at=1, connection="k", kind=Kind.RECORD_READ, subject="orders[3]", worker="9"),
    Event(at=2, connection="k", kind=Kind.RECORD_READ, subject="orders[3]", worker="100"),
    Event(at=3, connection="k", kind=Kind.RECORD_PRODUCED, subject="orders.paid[12]", worker="9007199254740993"),
    Event(at=4, connection="r", kind=Kind.MESSAGE_DELIVERED, subject="orders → paid[3]", worker="100"),
    Event(at=5, connection="k", kind=Kind.TASK_SENT, subject="orders", worker="celery@host"),
]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("offset:>=100", [2, 3]),
        ("offset:9", [1]),
        ("offset:10..100", [2]),
        ("offset:9007199254740993", [3]),
        ("topic:orders", [1, 2]),
        ("topic:orders.*", [3]),
        ("partition:3", [1, 2]),
        ("partition:>3 topic:orders.paid", [3]),
        ("-topic:orders kind:record", [3]),
    ],
)
def test_records_are_found_by_where_they_are(filter: str, found: list[int]) -> None:
    sieve = Sieve(filter)
    assert [number for number, matches in enumerate(sieve.matching(EVENTS), 1) if matches] == found
    sieve.close()
