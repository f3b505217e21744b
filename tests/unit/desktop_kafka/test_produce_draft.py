"""The produce form's draft: what keeps it from being sent, and the record it makes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.kafka_content import ContentDraft, Kind, content_of, draft_of_content
from desktop.core.kafka_draft import Draft, HeaderDraft, HeaderKind, Place, bulk_of, draft_of, fields_in, is_tombstone, prepare
from desktop.core.kafka_outcome import outcome_words
from desktop.core.repeat import Repeat, RepeatPlace
from embedded_server.contracts.kafka import (
    Compression,
    Content,
    ContentForm,
    ProduceOutcome,
    Record,
    RecordHeader,
    RecordStatus,
    Side,
)

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
CONTENT = st.none() | st.builds(
    Content,
    TEXT,
    st.sampled_from([ContentForm.TEXT, ContentForm.UPLOAD]),
)
HEADERS = st.lists(
    st.builds(RecordHeader, TEXT.filter(bool), st.none() | TEXT),
    max_size=4,
)
GOOD = Draft("orders", value=ContentDraft(Kind.TEXT, "hello"))


@given(
    st.builds(
        Record,
        topic=st.just("orders"),
        partition=st.none() | st.integers(0, 2**31 - 1),
        key=CONTENT,
        value=CONTENT,
        headers=HEADERS,
        timestamp=st.none() | st.integers(1, 4_000_000_000_000),
        compression=st.sampled_from(Compression),
    )
)
def test_a_record_that_is_shown_and_not_touched_is_sent_as_it_was(record: Record) -> None:
    assert prepare(draft_of(record)).record == record


def test_null_and_empty_are_two_things() -> None:
    assert content_of(ContentDraft(Kind.NULL)) is None
    assert content_of(ContentDraft(Kind.TEXT)) == Content("")
    assert draft_of_content(None).kind is Kind.NULL
    assert draft_of_content(Content("")).kind is Kind.TEXT


def test_a_tombstone_has_a_key_and_no_value() -> None:
    key, null = ContentDraft(Kind.TEXT), ContentDraft(Kind.NULL)
    assert is_tombstone(replace(GOOD, key=key, value=null))
    assert not is_tombstone(replace(GOOD, value=null, key=null))
    assert not is_tombstone(replace(GOOD, key=key))


def test_text_that_holds_as_json_is_shown_as_json_and_other_text_is_not() -> None:
    assert draft_of_content(Content('{"a": 1}')).kind is Kind.JSON
    assert draft_of_content(Content("{broken")).kind is Kind.TEXT
    assert draft_of_content(Content("17")).kind is Kind.TEXT


@pytest.mark.parametrize(
    ("draft", "places"),
    [
        (Draft(value=ContentDraft(Kind.TEXT)), {Place.TOPIC}),
        (replace(GOOD, partition="-1"), {Place.PARTITION}),
        (replace(GOOD, partition="2147483648"), {Place.PARTITION}),
        (replace(GOOD, timestamp="soon"), {Place.TIMESTAMP}),
        (replace(GOOD, value=ContentDraft(Kind.FILE)), {Place.VALUE}),
        (replace(GOOD, key=ContentDraft(Kind.AVRO, "{}")), {Place.KEY}),
        (replace(GOOD, repeat=Repeat(on=True, count="0", rate="x", seed="y")), set(RepeatPlace)),
    ],
)
def test_each_fault_stands_at_its_place(draft: Draft, places: set[str]) -> None:
    prepared = prepare(draft)
    assert prepared.record is None
    assert set(prepared.faults) == places


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.JSON, "{"),
        (Kind.JSON, ""),
        (Kind.BASE64, "a"),
        (Kind.NUMBER, "9223372036854775808"),
        (Kind.NUMBER, "1.5"),
        (Kind.MSGPACK, "x"),
    ],
)
def test_a_text_that_does_not_hold_is_told_at_its_side(kind: Kind, text: str) -> None:
    prepared = prepare(replace(GOOD, key=ContentDraft(kind, text)))
    assert set(prepared.text_faults) == {Side.KEY}


def test_a_long_side_is_left_to_a_thread() -> None:
    broken = replace(GOOD, value=ContentDraft(Kind.JSON, "{"))
    assert prepare(broken, unchecked=frozenset({Side.VALUE})).record is not None


def test_numbers_are_whole_to_the_last_bit() -> None:
    assert content_of(ContentDraft(Kind.NUMBER, " -9,223,372,036,854,775,808 ")) == Content("-9223372036854775808", ContentForm.INTEGER)


def test_a_schema_is_a_subject_or_ones_own_and_never_both() -> None:
    both = ContentDraft(Kind.PROTOBUF, "{}", subject="orders-value", schema="s1", message="shop.Order")
    assert content_of(both) == Content("{}", ContentForm.PROTOBUF, "orders-value", "", "shop.Order")
    own = content_of(replace(both, subject=""))
    assert own is not None
    assert (own.subject, own.schema) == ("", "s1")


def test_headers_keep_their_order_their_names_twice_and_null_apart_from_empty() -> None:
    headers = (HeaderDraft("a", "1"), HeaderDraft(), HeaderDraft("a", ""), HeaderDraft("b", "x", HeaderKind.NULL))
    record = prepare(replace(GOOD, headers=headers)).record
    assert record is not None
    assert record.headers == [RecordHeader("a", "1"), RecordHeader("a", ""), RecordHeader("b", None)]


def test_a_header_that_is_no_base64_is_told_at_its_row() -> None:
    prepared = prepare(replace(GOOD, headers=(HeaderDraft("a", "1"), HeaderDraft("b", "?", HeaderKind.BASE64))))
    assert set(prepared.header_faults) == {1}


def test_fields_are_found_where_they_are_filled() -> None:
    draft = Draft(
        "t",
        key=ContentDraft(Kind.TEXT, "{{uuid}}"),
        value=ContentDraft(Kind.JSON, '{"n": {{int}}, "u": "{{uuid}}"}'),
        headers=(HeaderDraft("h", "{{name}}"), HeaderDraft("b", "{{no}}", HeaderKind.BASE64)),
    )
    assert fields_in(draft) == ["int", "uuid", "name"]
    assert prepare(replace(draft, headers=())).record is not None
    assert fields_in(replace(draft, value=ContentDraft(Kind.BASE64, "{{uuid}}"), key=ContentDraft(Kind.NULL))) == ["name"]


def test_a_repetition_becomes_its_request() -> None:
    draft = replace(GOOD, repeat=Repeat(on=True, count="1,000", rate="2.5", seed="7"))
    record = prepare(draft).record
    assert record is not None
    bulk = bulk_of(draft, record, fills=True)
    assert (bulk.count, bulk.rate, bulk.seed, bulk.generate) == (1000, 2.5, 7, True)


def test_where_a_record_is_is_said_in_one_line() -> None:
    assert outcome_words(ProduceOutcome(RecordStatus.ACKNOWLEDGED, "orders", 2, 1204)).text == "orders[2] @ 1,204"
    assert outcome_words(ProduceOutcome(RecordStatus.UNACKNOWLEDGED, "orders")).tone == "warn"
