"""Setting a group's offsets, and copying records: what is typed, checked, and made a request of."""

from dataclasses import replace

import pytest

from desktop.core.kafka_copy import CopyDraft, draft_from, found_words, prepare_copy
from desktop.core.kafka_copy import Place as CopyPlace
from desktop.core.kafka_group import (
    Place,
    ResetDraft,
    assignment_words,
    group_protocol,
    group_state,
    is_active,
    move_words,
    prepare_reset,
    result_words,
    total_lag,
    why_active,
)
from desktop.core.kafka_schemas import format_of_file
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.kafka import (
    Assigned,
    CopyRequest,
    Format,
    From,
    GroupDetail,
    GroupInfo,
    GroupMember,
    GroupOffset,
    OffsetChange,
    ResetRequest,
    ResetResult,
    ResetTo,
    Start,
)
from embedded_server.contracts.problems import ProblemDetails

OFFSETS = [GroupOffset("orders", n, 10, 0, 30, 20) for n in range(3)] + [GroupOffset("payments", 0, None, 0, 5, None)]
EMPTY = GroupDetail(GroupInfo("billing", "Empty"), 1, "", [], OFFSETS)
MEMBER = GroupMember("m1", "c1", "/h", assignment=[Assigned("orders", [0, 1, 2]), Assigned("payments", [0])])
STABLE = replace(EMPTY, group=GroupInfo("billing", "Stable"), members=[MEMBER])


def test_a_group_in_words() -> None:
    assert group_state("Stable") == ("stable", "ok")
    assert group_state("SomethingNew")[1] == "wait"
    assert total_lag(EMPTY) == 60
    assert total_lag(replace(EMPTY, offsets=[])) is None
    assert assignment_words(MEMBER) == "orders 0-2 · payments 0"
    assert assignment_words(replace(MEMBER, target=[Assigned("orders", [0])])) == "orders 0-2 · payments 0 \u2192 orders 0"
    assert assignment_words(replace(MEMBER, assignment=[], target=[Assigned("orders", [0])])) == "nothing \u2192 orders 0"


def test_an_active_group_says_what_to_stop() -> None:
    assert not is_active(EMPTY)
    assert is_active(STABLE)
    assert why_active(STABLE).startswith("1 member is in the group: stop that consumer first")
    assert is_active(replace(EMPTY, group=GroupInfo("billing", "PreparingRebalance")))


def test_all_partitions_are_none_in_the_request_and_some_are_named() -> None:
    everything = prepare_reset(ResetDraft(ResetTo.LATEST), EMPTY).request
    assert everything == ResetRequest("billing", ResetTo.LATEST)
    one = prepare_reset(ResetDraft(ResetTo.OFFSET, offset="7", topics=frozenset({"payments"}), partitions="0-1"), EMPTY).request
    assert one == ResetRequest("billing", ResetTo.OFFSET, [Assigned("orders", [0, 1])], offset=7)
    topic = prepare_reset(ResetDraft(topics=frozenset({"orders"})), EMPTY).request
    assert topic is not None
    assert topic.partitions == [Assigned("payments", [0])]


def test_a_shift_goes_both_ways_and_a_time_is_milliseconds() -> None:
    back = prepare_reset(ResetDraft(ResetTo.SHIFT, shift="-5"), EMPTY).request
    assert back is not None
    assert back.offset == -5
    timed = prepare_reset(ResetDraft(ResetTo.TIME, time="1795000000123"), EMPTY).request
    assert timed is not None
    assert timed.time == 1_795_000_000_123


@pytest.mark.parametrize(
    ("draft", "place"),
    [
        (ResetDraft(ResetTo.OFFSET, offset="x"), Place.VALUE),
        (ResetDraft(ResetTo.SHIFT, shift=""), Place.VALUE),
        (ResetDraft(ResetTo.TIME), Place.VALUE),
        (ResetDraft(topics=frozenset({"orders", "payments"})), Place.PARTITIONS),
        (ResetDraft(topics=frozenset({"payments"}), partitions="3"), Place.PARTITIONS),
        (ResetDraft(topics=frozenset({"payments"}), partitions="x"), Place.PARTITIONS),
    ],
)
def test_each_fault_of_a_reset_stands_at_its_place(draft: ResetDraft, place: Place) -> None:
    prepared = prepare_reset(draft, EMPTY)
    assert prepared.request is None
    assert set(prepared.faults) == {place}


def test_before_and_after_are_said() -> None:
    changes = [OffsetChange("t", 0, 100, 0, 0, 100), OffsetChange("t", 1, None, 5, 0, 10), OffsetChange("t", 2, 7, 7, 0, 7)]
    assert [move_words(change) for change in changes] == ["\u2212100", "new", "stays"]
    assert result_words(ResetResult(changes, done=False)) == ("2 offsets change; the lag will be 105.", "text")
    wrong = replace(changes[0], problem=ProblemDetails("x", "No", 400))
    said, tone = result_words(ResetResult([wrong, changes[1]], done=True))
    assert said == "1 offset is set; the lag is 5 now. 1 cannot be set."
    assert tone == "bad"


def test_a_copy_names_its_range_and_its_target() -> None:
    draft = CopyDraft("0-1", From.NEWEST, count="50", filter=" body.a:1 ", limit="10", to_connection="other", to_topic=" copy ")
    assert prepare_copy(draft, "orders", "shop").request == CopyRequest(
        "orders", "copy", "other", [0, 1], Start(From.NEWEST, 50), limit=10, filter="body.a:1"
    )


def test_the_same_connection_is_named_by_nothing() -> None:
    request = prepare_copy(CopyDraft(to_connection="shop", to_topic="copy"), "orders", "shop").request
    assert request is not None
    assert request.to_connection == ""


@pytest.mark.parametrize(
    ("draft", "place"),
    [
        (CopyDraft(to_topic="orders"), CopyPlace.TARGET),
        (CopyDraft(to_topic=""), CopyPlace.TARGET),
        (CopyDraft("x", to_topic="c"), CopyPlace.PARTITIONS),
        (CopyDraft(start=From.OFFSET, offset="x", to_topic="c"), CopyPlace.START),
        (CopyDraft(start=From.TIME, to_topic="c"), CopyPlace.START),
        (CopyDraft(start=From.NEWEST, count="0", to_topic="c"), CopyPlace.START),
        (CopyDraft(until_time="soon", to_topic="c"), CopyPlace.UNTIL),
        (CopyDraft(limit="0", to_topic="c"), CopyPlace.LIMIT),
    ],
)
def test_each_fault_of_a_copy_stands_at_its_place(draft: CopyDraft, place: CopyPlace) -> None:
    prepared = prepare_copy(draft, "orders", "shop")
    assert prepared.request is None
    assert set(prepared.faults) == {place}


def test_into_the_same_topic_elsewhere_is_a_copy() -> None:
    assert prepare_copy(CopyDraft(to_connection="other", to_topic="orders"), "orders", "shop").request is not None


def test_what_is_looked_at_becomes_the_range() -> None:
    draft = draft_from(CopyDraft(to_topic="c"), [0, 1], Start(From.TIME, time=1_795_000_000_123))
    request = prepare_copy(draft, "orders", "shop").request
    assert request is not None
    assert (request.partitions, request.start.at) == ([0, 1], From.TIME)
    assert request.start.time == 1_795_000_000_123
    assert draft_from(CopyDraft(), [], Start(From.END)).start is From.OLDEST


def test_a_dry_run_says_how_much_it_would_be() -> None:
    job = Job("j", JobKind.COPY, "shop", "", "orders", "copy", JobState.DONE, counts={"matched": 1204, "bytes": 9000}, dry_run=True)
    assert found_words(job) == "1,204 records would be copied, 9.0 kB."
    assert found_words(replace(job, counts={})) == "No record would be copied."


def test_a_file_is_known_by_its_name_or_by_what_stands_in_it() -> None:
    assert format_of_file("a.proto", "") is Format.PROTOBUF
    assert format_of_file("a.avsc", "{}") is Format.AVRO
    assert format_of_file("a.json", '{"type": "record", "fields": []}') is Format.AVRO
    assert format_of_file("a.json", '{"type": "object"}') is Format.JSON_SCHEMA
    assert format_of_file("a.txt", 'syntax = "proto3";') is Format.PROTOBUF


def test_a_group_whose_members_are_no_consumers_says_what_they_are() -> None:
    assert group_protocol(GroupInfo("g", "Stable", "classic", "connect")) == "classic, connect"
    for kind, members in (("classic", "consumer"), ("classic", ""), ("consumer", "consumer"), ("share", "share")):
        assert group_protocol(GroupInfo("g", "Stable", kind, members)) == kind
