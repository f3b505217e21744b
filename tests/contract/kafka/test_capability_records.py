"""Records through the capability: what is produced is there as it was meant, and what is read is in the journal as it is there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from embedded_server.contracts.kafka import (
    BulkProduce,
    Compression,
    Content,
    ContentForm,
    From,
    Isolation,
    PartitionFor,
    ReadRequest,
    Record,
    RecordHeader,
    RecordStatus,
    Start,
)
from embedded_server.core.profiles import ConnectionReadOnly
from embedded_server.kafka.problems import PartitionUnknown, RecordTooLarge, TimestampRefused, TopicUnknown
from embedded_server.kafka.records.problems import NotARecord, PartitionOutOfRange
from embedded_server.kafka.records.reader import Reader, Span
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of


@pytest.fixture
async def capability(bootstrap: str, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of(bootstrap)) as made:
        yield made


@pytest.fixture
def wide(admin: KafkaAdminClient, name: str) -> str:
    """A topic with three partitions."""
    topic = f"{name}-wide"
    admin.create_topics({topic: {"num_partitions": 3, "replication_factor": 1, "configs": {"retention.ms": "-1"}}})
    admin.wait_for_topics([topic])
    return topic


def there(bootstrap: str, topic: str, partitions: int = 1) -> list[ConsumerRecord]:
    """All that kafka-python finds in a topic."""
    with KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as consumer:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(places)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(places)
        found: list[ConsumerRecord] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(500).values():
                found += records
    return found


def fill(bootstrap: str, topic: str, count: int, *, partition: int = 0, first: int = 0, at: int = 1_700_000_000_000) -> None:
    """Produce numbers, a second apart."""
    with KafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in range(first, first + count):
            producer.send(topic, key=b"%d" % number, value=b"%d" % number, partition=partition, timestamp_ms=at + 1_000 * number)
        producer.flush()


# -- producing


async def test_null_and_empty_and_a_tombstone_are_told_apart(capability: Capability, bootstrap: str, topic: str) -> None:
    key, empty = Content("k"), Content("")
    for record in (Record(topic), Record(topic, key=empty, value=empty), Record(topic, key=key), Record(topic, key=key, value=empty)):
        assert (await capability.records.produce(CONNECTION, record)).status is RecordStatus.ACKNOWLEDGED
    assert [(one.key, one.value) for one in there(bootstrap, topic)] == [(None, None), (b"", b""), (b"k", None), (b"k", b"")]


async def test_headers_keep_their_order_their_repetition_and_their_nulls(capability: Capability, bootstrap: str, topic: str) -> None:
    headers = [RecordHeader("a", "1"), RecordHeader("b", None), RecordHeader("a", ""), RecordHeader("ü", "AP8=", base64=True)]
    await capability.records.produce(CONNECTION, Record(topic, value=Content("x"), headers=headers))
    (found,) = there(bootstrap, topic)
    assert found.headers == [("a", b"1"), ("b", None), ("a", b""), ("ü", b"\x00\xff")]


async def test_an_outcome_says_where_the_record_is_and_when_it_was(capability: Capability, bootstrap: str, wide: str) -> None:
    outcome = await capability.records.produce(CONNECTION, Record(wide, partition=2, timestamp=1_234_567_890_123, value=Content("x")))
    assert (outcome.partition, outcome.offset, outcome.timestamp) == (2, 0, 1_234_567_890_123)
    (found,) = there(bootstrap, wide, 3)
    assert (found.partition, found.offset, found.timestamp) == (2, 0, 1_234_567_890_123)


@pytest.mark.parametrize("compression", list(Compression))
async def test_every_compression_is_read_again(capability: Capability, topic: str, compression: Compression) -> None:
    text = "compress me, " * 50
    await capability.records.produce(CONNECTION, Record(topic, value=Content(text), compression=compression))
    job = await capability.ended(await capability.records.read(CONNECTION, ReadRequest(topic, start=Start(From.OLDEST))))
    (row,) = await capability.rows(job)
    assert row.size == len(text)
    assert (await capability.headers(row))["compression"] == compression.value


async def test_a_keys_partition_is_the_one_that_kafka_python_chooses(capability: Capability, bootstrap: str, wide: str) -> None:
    keys = [f"key-{number}" for number in range(24)] + ["ключ", "a", "ab", "abc"]
    with KafkaProducer(bootstrap_servers=bootstrap) as producer:
        theirs = [producer.send(wide, key=key.encode(), value=b"").get(10).partition for key in keys]
    ours = [await capability.records.partition_for(CONNECTION, PartitionFor(wide, Content(key))) for key in keys]
    assert ours == theirs
    assert (await capability.records.produce(CONNECTION, Record(wide, key=Content(keys[5])))).partition == theirs[5]


async def test_what_cannot_be_taken_is_refused_in_words(capability: Capability, topic: str) -> None:
    with pytest.raises(TopicUnknown, match="There is no topic “not-there”"):
        await capability.records.produce(CONNECTION, Record("not-there", value=Content("x")))
    with pytest.raises(PartitionUnknown):
        await capability.records.produce(CONNECTION, Record(topic, partition=7))
    with pytest.raises(RecordTooLarge):
        await capability.records.produce(CONNECTION, Record(topic, value=Content("x" * 2_000_000)))
    refused = (await capability.journal.query("kind:record.produced status:refused")).rows
    assert [row.size for row in refused] == [2_000_000]


async def test_a_bulk_fills_its_fields_anew_and_counts(capability: Capability, bootstrap: str, wide: str) -> None:
    record = Record(wide, key=Content("{{n}}"), value=Content('{"n": {{n}}}'), headers=[RecordHeader("id", "{{uuid}}")])
    job = await capability.ended(await capability.records.bulk(CONNECTION, BulkProduce(record, 500)))
    assert (job.done, job.total, job.counts) == (500, 500, {"acknowledged": 500, "refused": 0, "unacknowledged": 0})
    found = there(bootstrap, wide, 3)
    assert sorted(int(one.key) for one in found) == list(range(1, 501))
    assert len({one.headers[0][1] for one in found}) == 500
    places = {(f"{one.topic}[{one.partition}]", one.offset) for one in found}
    assert set(await capability.places(job)) == places


async def test_records_without_a_key_are_spread_over_the_partitions(capability: Capability, bootstrap: str, wide: str) -> None:
    record = Record(wide, value=Content("x" * 1_000))
    await capability.ended(await capability.records.bulk(CONNECTION, BulkProduce(record, 3_000, generate=False)))
    assert {one.partition for one in there(bootstrap, wide, 3)} == {0, 1, 2}


async def test_a_batch_that_the_topic_does_not_take_is_sent_in_parts(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, name: str
) -> None:
    topic = f"{name}-small"
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "20000"}}})
    admin.wait_for_topics([topic])
    record = Record(topic, value=Content("{{n}} " + "x" * 300))
    job = await capability.ended(await capability.records.bulk(CONNECTION, BulkProduce(record, 3_000)))  # several batches
    assert job.counts == {"acknowledged": 3_000, "refused": 0, "unacknowledged": 0}
    numbers = [int(one.value.split()[0]) for one in there(bootstrap, topic)]
    assert numbers == list(range(1, 3_001))
    rows = await capability.rows(job)
    assert sorted(int(row.worker) for row in rows) == list(range(3_000))
    by_offset = {int(row.worker): int(row.preview.split()[0]) for row in rows}
    assert [by_offset[offset] for offset in range(3_000)] == numbers


async def test_one_refused_record_does_not_end_a_bulk(capability: Capability, admin: KafkaAdminClient, name: str) -> None:
    topic = f"{name}-tiny"
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "400"}}})
    admin.wait_for_topics([topic])
    record = Record(topic, value=Content("{{choice:short:" + "x" * 600 + "}}"))
    job = await capability.ended(await capability.records.bulk(CONNECTION, BulkProduce(record, 40, seed=3)))
    assert job.state.value == "done"
    assert job.problem is not None
    assert job.problem.type.endswith("record-too-large")
    rows = await capability.rows(job)
    assert len(rows) == 40
    assert {row.preview for row in rows if row.status == RecordStatus.ACKNOWLEDGED} == {"short"}
    assert "short" not in {row.preview for row in rows if row.status == RecordStatus.REFUSED}
    assert job.counts["refused"] == sum(row.status == RecordStatus.REFUSED for row in rows)


async def test_a_refused_record_says_nothing_of_the_next(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, name: str
) -> None:
    topic = f"{name}-narrow"
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "400"}}})
    admin.wait_for_topics([topic])
    for number in range(3):
        with pytest.raises(RecordTooLarge):
            await capability.records.produce(CONNECTION, Record(topic, value=Content("x" * 600)))
        with pytest.raises(TimestampRefused):
            await capability.records.produce(CONNECTION, Record(topic, value=Content("late"), timestamp=2**62))
        outcome = await capability.records.produce(CONNECTION, Record(topic, value=Content("short")))
        assert (outcome.status, outcome.offset) == (RecordStatus.ACKNOWLEDGED, number)
    assert [one.value for one in there(bootstrap, topic)] == [b"short"] * 3


async def test_a_record_of_the_journal_is_produced_again_byte_for_byte(capability: Capability, bootstrap: str, topic: str) -> None:
    headers = [RecordHeader("h", "AP8=", base64=True)]
    bytes_key = Content("//4=", ContentForm.BASE64)
    await capability.records.produce(CONNECTION, Record(topic, key=bytes_key, value=Content("h\u00e9"), headers=headers))
    await capability.records.produce(CONNECTION, Record(topic, key=Content("big"), value=Content("y" * 300_000)))
    await capability.journal.flush()
    rows = (await capability.journal.query("kind:record.produced")).rows
    for row in rows:
        await capability.records.produce(CONNECTION, await capability.records.record(CONNECTION, row.seq))
    first, second, *again = there(bootstrap, topic)
    assert [(one.key, one.value, one.headers) for one in again] == [(one.key, one.value, one.headers) for one in (first, second)]
    with pytest.raises(NotARecord):
        await capability.records.record(CONNECTION, 999_999)


async def test_a_read_only_connection_reads_and_does_not_produce(bootstrap: str, topic: str, tmp_path: Path) -> None:
    async with capability_over(tmp_path, lambda: profile_of(bootstrap, read_only=True)) as careful:
        with pytest.raises(ConnectionReadOnly):
            await careful.records.produce(CONNECTION, Record(topic))
        with pytest.raises(ConnectionReadOnly):
            await careful.records.bulk(CONNECTION, BulkProduce(Record(topic), 1))
        assert (await careful.ended(await careful.records.read(CONNECTION, ReadRequest(topic)))).state.value == "done"


# -- reading


async def test_reading_starts_and_ends_where_it_is_told(capability: Capability, bootstrap: str, topic: str) -> None:
    fill(bootstrap, topic, 100)
    second = 1_000
    for request, offsets in (
        (ReadRequest(topic, start=Start(From.OLDEST)), range(100)),
        (ReadRequest(topic, start=Start(From.OFFSET, offset=90)), range(90, 100)),
        (ReadRequest(topic, start=Start(From.OFFSET, offset=900)), range(0)),
        (ReadRequest(topic, start=Start(From.TIME, time=1_700_000_000_000 + 95 * second)), range(95, 100)),
        (ReadRequest(topic, start=Start(From.NEWEST, count=7)), range(93, 100)),
        (ReadRequest(topic, start=Start(From.END)), range(0)),
        (ReadRequest(topic, start=Start(offsets={0: 50}), until={0: 55}), range(50, 55)),
        (ReadRequest(topic, start=Start(From.OLDEST), until_time=1_700_000_000_000 + 3 * second), range(3)),
        (ReadRequest(topic, start=Start(From.OLDEST), limit=4), range(4)),
    ):
        job = await capability.ended(await capability.records.read(CONNECTION, request))
        assert (job.state.value, job.problem) == ("done", None), request
        assert [offset for _, offset in await capability.places(job)] == list(offsets), request
        assert job.total == job.done == len(offsets)


async def test_the_newest_are_the_newest_over_all_partitions(capability: Capability, bootstrap: str, wide: str) -> None:
    fill(bootstrap, wide, 500, partition=0, first=0)
    fill(bootstrap, wide, 300, partition=2, first=400)
    job = await capability.ended(await capability.records.read(CONNECTION, ReadRequest(wide, start=Start(From.NEWEST, count=250))))
    rows = await capability.rows(job)
    numbers = [int(row.key) for row in rows]
    everything = sorted([*range(500), *range(400, 700)])
    assert sorted(numbers) == everything[-250:]
    assert numbers == sorted(numbers), "the oldest first"


async def test_the_newest_are_counted_in_records_where_a_topic_is_compacted_or_written_in_transactions(
    capability: Capability, bootstrap: str, topic: str
) -> None:
    with KafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-writer") as producer:
        producer.init_transactions()
        for number in range(60):
            producer.begin_transaction()
            producer.send(topic, value=b"%d" % number)
            if number % 3:
                producer.flush()
                producer.abort_transaction()
            else:
                producer.commit_transaction()
    request = ReadRequest(topic, start=Start(From.NEWEST, count=15), isolation=Isolation.READ_COMMITTED)
    rows = await capability.rows(await capability.ended(await capability.records.read(CONNECTION, request)))
    assert [int(row.preview) for row in rows] == list(range(15, 60, 3))
    all_of_it = ReadRequest(topic, start=Start(From.OLDEST))
    rows = await capability.rows(await capability.ended(await capability.records.read(CONNECTION, all_of_it)))
    assert [int(row.preview) for row in rows] == list(range(60)), "uncommitted reads all of it, but no markers"


async def test_what_was_purged_before_it_was_read_is_said(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, topic: str
) -> None:
    fill(bootstrap, topic, 50)
    admin.delete_records({TopicPartition(topic, 0): 20})
    job = await capability.ended(await capability.records.read(CONNECTION, ReadRequest(topic, start=Start(offsets={0: 5}))))
    assert [offset for _, offset in await capability.places(job)] == list(range(20, 50))
    assert job.counts["deleted"] == 15
    assert job.problem is not None
    assert job.problem.title == f"15 records of “{topic}” were deleted before they could be read"
    (gap,) = (await capability.journal.query("kind:server.lifecycle status:gap")).rows
    assert "15 records" in gap.preview


async def test_what_is_purged_while_it_is_read_is_counted_and_the_reading_goes_on(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, topic: str
) -> None:
    fill(bootstrap, topic, 50)
    admin.delete_records({TopicPartition(topic, 0): 20})
    found: list[int] = []
    told: list[tuple[int, int]] = []
    reader = Reader(
        capability.service.clients, CONNECTION, topic, [Span(0, 5, 50)], lambda _, batch: found.extend(one[0] for one in batch.records)
    )
    reader.on_deleted = lambda partition, count: told.append((partition, count))
    await reader.run()
    assert found == list(range(20, 50))
    assert (told, reader.passed.deleted, reader.passed.offsets, reader.passed.records) == ([(0, 15)], 15, 45, 30)


async def test_a_tail_takes_up_new_partitions(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_server.kafka.records.reader.METADATA_AGE_S", 0.3)
    tail = await capability.records.read(CONNECTION, ReadRequest(topic, start=Start(From.END), follow=True))
    fill(bootstrap, topic, 3)
    await capability.done(tail, 3)
    admin.create_partitions({topic: 2})
    admin.wait_for_topics([topic])
    fill(bootstrap, topic, 4, partition=1)
    await capability.done(tail, 7)
    assert {subject for subject, _ in await capability.places(tail)} == {f"{topic}[0]", f"{topic}[1]"}


async def test_a_tail_of_a_topic_that_is_deleted_ends_and_says_so(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, topic: str
) -> None:
    tail = await capability.records.read(CONNECTION, ReadRequest(topic, start=Start(From.OLDEST), follow=True))
    fill(bootstrap, topic, 3)
    await capability.done(tail, 3)
    admin.delete_topics([topic])
    ended = await capability.ended(tail)
    assert ended.state.value == "failed"
    assert ended.problem is not None
    assert ended.problem.type.endswith("topic-gone")
    assert topic not in admin.list_topics(), "looking does not create it again"


async def test_reading_joins_no_group_and_commits_nothing(
    capability: Capability, bootstrap: str, admin: KafkaAdminClient, topic: str
) -> None:
    fill(bootstrap, topic, 10)
    before = {group["group_id"] for group in admin.list_groups()}
    tail = await capability.records.read(CONNECTION, ReadRequest(topic, start=Start(From.OLDEST), follow=True))
    await capability.done(tail, 10)
    assert {group["group_id"] for group in admin.list_groups()} == before


async def test_what_is_not_there_cannot_be_read(capability: Capability, topic: str) -> None:
    with pytest.raises(TopicUnknown):
        await capability.records.read(CONNECTION, ReadRequest("not-there-either"))
    with pytest.raises(PartitionOutOfRange):
        await capability.records.read(CONNECTION, ReadRequest(topic, partitions=[3]))


async def test_large_values_and_many_headers_come_whole(capability: Capability, bootstrap: str, admin: KafkaAdminClient, name: str) -> None:
    topic = f"{name}-large"
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "8000000"}}})
    admin.wait_for_topics([topic])
    headers = [RecordHeader(f"h{number}", "v") for number in range(100_000)]
    await capability.records.produce(CONNECTION, Record(topic, value=Content("z" * 3_000_000), headers=headers))
    job = await capability.ended(await capability.records.read(CONNECTION, ReadRequest(topic, start=Start(From.OLDEST))))
    (row,) = await capability.rows(job)
    assert row.size == 3_000_000
    found = (await capability.headers(row))["headers"]
    assert isinstance(found, list)
    assert len(found) == 100_000
    assert len(there(bootstrap, topic)) == 1
