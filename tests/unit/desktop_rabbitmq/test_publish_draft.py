import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.generated_fields import mask_fields
from desktop.core.rabbitmq_draft import (
    BodyKind,
    Draft,
    Place,
    bulk_of,
    draft_of,
    fields_in,
    prepare,
    read_properties,
    with_kind,
)
from desktop.core.rabbitmq_typed import Entry
from desktop.core.repeat import RepeatPlace, whole_number
from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Message, Properties

short = st.text(st.characters(codec="utf-8"), max_size=60)
properties = st.builds(
    Properties,
    content_type=st.none() | short.filter(lambda text: text != '""'),
    delivery_mode=st.none() | st.integers(0, 255),
    priority=st.none() | st.integers(0, 255),
    correlation_id=st.none() | short.filter(lambda text: text != '""'),
    expiration=st.none() | st.integers(0, 2**31).map(str),
    timestamp=st.none() | st.integers(0, 2**64 - 1),
    user_id=st.none() | short.filter(lambda text: text != '""'),
)


def sent(draft: Draft) -> Message:
    prepared = prepare(draft, "/")
    assert prepared.message is not None, prepared
    return prepared.message


@given(properties, short, short, st.text(st.characters(codec="utf-8")), st.booleans())
def test_a_message_comes_back_from_the_form_as_it_went_in(props: Properties, exchange: str, key: str, body: str, mandatory: bool) -> None:
    message = Message("/", exchange, key, body, properties=props, headers=[Header("n", FieldType.INTEGER, 3)], mandatory=mandatory)
    draft = replace(draft_of(message), kind=BodyKind.TEXT)  # as JSON a body that is none is told
    assert sent(draft) == message


def test_nothing_typed_is_a_property_that_is_not_there_and_two_quotes_are_an_empty_one() -> None:
    values, faults = read_properties({"content_type": "", "app_id": '""'})
    assert faults == {}
    assert (values.content_type, values.app_id) == (None, "")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("expiration", "30s", "30000"),
        ("expiration", "30000", "30000"),
        ("expiration", "1m30s", "90000"),
        ("expiration", "{{int:1:9}}", "{{int:1:9}}"),
        ("priority", " 7 ", 7),
        ("timestamp", "1970-01-02T00:00:00Z", 86_400),
        ("timestamp", "1795000000000000000", 1_795_000_000_000_000_000),
    ],
)
def test_properties_are_read_as_people_write_them(name: str, text: str, value: object) -> None:
    values, faults = read_properties({name: text})
    assert faults == {}
    assert getattr(values, name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("priority", "256"), ("priority", "-1"), ("timestamp", "soon"), ("expiration", "soon"), ("app_id", "x" * 256), ("delivery_mode", "x")],
)
def test_a_property_that_cannot_be_sent_is_told_at_its_own(name: str, text: str) -> None:
    prepared = prepare(Draft(properties={name: text}), "/")
    assert prepared.message is None
    assert set(prepared.faults) == {name}
    assert prepared.faults[name].hint


def test_every_fault_is_told_at_once() -> None:
    draft = Draft(
        exchange="e" * 300,
        text="{",
        properties={"priority": "x"},
        headers=(Entry("n", FieldType.INTEGER, "x"),),
        repeat=True,
        count="0",
        rate="-1",
        seed="x",
    )
    prepared = prepare(draft, "/")
    assert set(prepared.faults) == {Place.EXCHANGE, "priority", RepeatPlace.COUNT, RepeatPlace.RATE, RepeatPlace.SEED}
    assert prepared.body_fault is not None
    assert set(prepared.header_faults) == {(0,)}


def test_a_body_that_is_no_json_can_still_be_sent_as_text() -> None:
    assert prepare(Draft(text="{"), "/").message is None
    assert sent(Draft(text="{", kind=BodyKind.TEXT)).body == "{"


def test_fields_outside_quotes_do_not_make_json_wrong_while_they_are_filled() -> None:
    draft = Draft(text='{"n": {{int:1:9}}, "s": "{{uuid}}"}')
    assert sent(draft).body == draft.text
    assert prepare(replace(draft, fill=False), "/").body_fault is not None


@given(st.text(st.sampled_from('{}":,[] ab1\n'), max_size=40))
def test_masking_moves_nothing(text: str) -> None:
    assert len(mask_fields(text)) == len(text)


def test_fields_are_found_in_every_text_that_is_filled() -> None:
    draft = Draft(
        exchange="{{no}}",
        routing_key="order.{{city}}",
        text='{"a": "{{ uuid }}", "b": "{{{{escaped}}"}',
        properties={"message_id": "{{uuid}}"},
        headers=(Entry("t", FieldType.TABLE, children=(Entry("x", text="{{n:5}}"),)),),
    )
    assert fields_in(draft) == ["uuid", "city", "n:5"]


def test_base64_is_sent_as_bytes_and_checked() -> None:
    draft = Draft(kind=BodyKind.BASE64, text="aGVs\nbG8=")
    message = sent(draft)
    assert (message.form, base64.b64decode(message.body)) == (BodyForm.BASE64, b"hello")
    assert prepare(replace(draft, text="a"), "/").body_fault is not None


def test_bytes_that_are_text_are_shown_as_text() -> None:
    body = base64.b64encode(b'{"a": 1}').decode()
    draft = draft_of(Message("/", "", "q", body, BodyForm.BASE64, Properties(content_type="application/json")))
    assert (draft.kind, draft.text) == (BodyKind.JSON, '{"a": 1}')
    binary = base64.b64encode(b"\xff\0").decode()
    assert draft_of(Message("/", "", "q", binary, BodyForm.BASE64)).kind is BodyKind.BASE64


def test_a_file_has_to_be_chosen() -> None:
    prepared = prepare(Draft(kind=BodyKind.FILE), "/")
    assert set(prepared.faults) == {Place.BODY}


def test_the_content_type_follows_the_kind_of_body_until_somebody_changes_it() -> None:
    draft = with_kind(Draft(), BodyKind.TEXT)
    assert draft.properties["content_type"] == "text/plain"
    own = replace(draft, properties={"content_type": "text/csv"})
    assert with_kind(own, BodyKind.JSON).properties["content_type"] == "text/csv"
    assert with_kind(Draft(), BodyKind.FILE).properties["content_type"] == ""


def test_many_are_asked_for_as_typed() -> None:
    draft = Draft(repeat=True, count="1,000", rate="2.5", seed="7")
    request = bulk_of(draft, sent(draft), fills=True)
    assert (request.count, request.rate, request.seed, request.generate) == (1000, 2.5, 7, True)
    assert bulk_of(Draft(repeat=True, seed=""), sent(draft), fills=False).seed is None


@pytest.mark.parametrize(
    ("text", "value"), [("1,000", 1000), ("1_000", 1000), ("", None), ("1.5", None), ("\u0661", None), ("9" * 30, None)]
)
def test_counts_are_read_with_their_separators(text: str, value: int | None) -> None:
    assert whole_number(text) == value
