"""Messages put away and brought back: packed, on disk, or left to the store."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, header

from embedded_server.brokers.amqp.message import NEVER, Entry, Message
from embedded_server.brokers.amqp.pages import Pages
from embedded_server.brokers.amqp.properties import properties_of
from embedded_server.brokers.amqp.segment import LooseSegment, PackedSegment, Shelf, StoredSegment, packed, unpacked


def _header(**properties: object) -> bytes:
    return header.ContentHeader(0, 3, commands.Basic.Properties(**properties)).marshal()  # type: ignore[arg-type]  # options of any type


HEADERS = (_header(), _header(delivery_mode=2), _header(priority=4, expiration="1000"), _header(headers={"deep": {"a": [1, "b"]}}))


def entry(number: int, body: bytes, *, raw: bytes = HEADERS[0], stored: bool = False, redelivered: bool = False) -> Entry:
    message = Message("exchange", "key", raw, body, properties_of(raw))
    message.id = number
    made = Entry(message, redelivered=redelivered)
    made.stored = stored
    return made


def facts(one: Entry) -> tuple[object, ...]:
    message = one.message
    properties = tuple(message.properties)
    whole = (message.id, message.exchange, message.routing_key, message.header, message.body, properties)
    return (*whole, one.priority, one.expires_at, one.redelivered, one.stored)


class Nothing:
    """A store that is not asked."""

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        raise AssertionError(numbers)


entries = st.builds(
    Entry,
    st.builds(
        lambda exchange, key, raw, body: Message(exchange, key, raw, body, properties_of(raw)),
        st.text(max_size=5),
        st.text(max_size=5),
        st.sampled_from(HEADERS),
        st.binary(max_size=20),
    ),
    st.integers(0, 255),
    st.one_of(st.just(NEVER), st.floats(0, 1e9)),
    redelivered=st.booleans(),
)


@given(st.lists(entries, min_size=1, max_size=10), st.data())
def test_everything_about_a_message_survives_packing(some: list[Entry], data: st.DataObject) -> None:
    for number, one in enumerate(some):
        one.message.id = data.draw(st.integers(number, 2**63))
        one.stored = data.draw(st.booleans())
    assert [facts(one) for one in unpacked(packed(some))] == [facts(one) for one in some]


def test_packed_message_weighs_hardly_more_than_its_body() -> None:
    key = "a.routing.key.of.some.length"
    shared = HEADERS[1]
    some = []
    for number in range(512):
        message = Message("exchange", key, shared, b"%0100d" % number)
        message.id = 1_000_000 + number
        some.append(Entry(message))
    assert len(packed(some)) / len(some) < 135


def test_large_bodies_are_left_alone_while_there_is_room() -> None:
    pages = Pages(memory_limit=100_000)
    some = [entry(number, bytes(10_000)) for number in range(5)]
    segment = Shelf(pages).put(some, 50_000)
    assert isinstance(segment, LooseSegment)
    assert list(segment.entries()) == some
    assert pages.memory_bytes == 50_000
    segment.drop()
    assert pages.memory_bytes == 0


def test_beyond_the_limit_messages_go_to_a_file(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "pages", memory_limit=100_000)
    shelf = Shelf(pages)
    segments = [shelf.put([entry(number, bytes([number]) * 60_000)], 60_000) for number in range(4)]
    assert pages.memory_bytes <= 100_000
    assert sum(file.stat().st_size for file in (tmp_path / "pages").iterdir()) > 180_000
    assert [one.message.body[:1] for segment in segments for one in segment.entries()] == [b"\0", b"\1", b"\2", b"\3"]
    pages.close()


def test_messages_of_the_store_need_no_second_copy_on_disk(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "pages", memory_limit=0)
    shelf = Shelf(pages, Nothing())
    segment = shelf.put([entry(7, b"x", stored=True), entry(9, b"y", stored=True)], 2)
    assert isinstance(segment, StoredSegment)
    assert list(segment.stored) == [7, 9]
    assert not (tmp_path / "pages").exists()


@pytest.mark.parametrize("odd", [entry(9, b"y"), entry(9, b"y", stored=True, redelivered=True)], ids=["transient", "redelivered"])
def test_messages_of_which_the_store_does_not_know_all_are_packed(tmp_path: Path, odd: Entry) -> None:
    pages = Pages(tmp_path / "pages", memory_limit=0)
    segment = Shelf(pages, Nothing()).put([entry(7, b"x", stored=True), odd], 2)
    assert isinstance(segment, PackedSegment)
    assert [one.redelivered for one in segment.entries()] == [False, odd.redelivered]
    pages.close()
