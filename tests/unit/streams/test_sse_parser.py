"""The event stream parser against the standard's own examples, hostile bytes, and every way of cutting them up."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.streams.sse_parser import SseComment, SseEvent, SseParser


def parse(*chunks: bytes, cap: int = 1 << 20) -> list[SseEvent | SseComment]:
    parser = SseParser(max_event_bytes=cap)
    return list(itertools.chain.from_iterable(parser.feed(chunk) for chunk in chunks))


def test_the_standards_stock_example_is_one_event_of_three_lines() -> None:
    assert parse(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [SseEvent("message", "YHOO\n+2\n10", "")]


def test_the_standards_four_block_example() -> None:
    stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
    assert parse(stream) == [
        SseComment("test stream"),
        SseEvent("message", "first event", "1", own_id=True),
        SseEvent("message", "second event", "", own_id=True),
        SseEvent("message", " third event", ""),
    ]


def test_the_standards_empty_data_example_drops_the_unfinished_last_block() -> None:
    parser = SseParser()
    assert parser.feed(b"data\n\ndata\ndata\n\ndata:") == [SseEvent("message", "", ""), SseEvent("message", "\n", "")]
    assert parser.end() == len(b"data:")


def test_a_space_after_the_colon_is_optional() -> None:
    assert parse(b"data:test\n\ndata: test\n\n") == [SseEvent("message", "test", ""), SseEvent("message", "test", "")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_ending_is_understood(end: bytes) -> None:
    lines = [b"event: price", b"id: 7", b"data: a", b"data: b", b"", b""]
    assert parse(end.join(lines)) == [SseEvent("price", "a\nb", "7", own_id=True)]


def test_a_carriage_return_dispatches_at_once_and_swallows_the_line_feed_of_the_next_chunk() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\r\n\r") == [SseEvent("message", "a", "")]
    assert parser.feed(b"\ndata: b\r") == []
    assert parser.feed(b"\n\r\n") == [SseEvent("message", "b", "")]


def test_an_empty_chunk_between_the_halves_of_crlf_changes_nothing() -> None:
    assert parse(b"data: a\r", b"", b"\n\r", b"", b"\n") == [SseEvent("message", "a", "")]


def test_one_byte_order_mark_is_removed_even_when_split() -> None:
    assert parse(b"\xef", b"\xbb", b"\xbfdata: a\n\n") == [SseEvent("message", "a", "")]
    assert parse(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == []  # the second one belongs to an unknown field's name


def test_utf8_split_between_chunks_is_joined() -> None:
    text = "data: 總機 ☎\n\n".encode()
    assert parse(*(bytes([byte]) for byte in text)) == [SseEvent("message", "總機 ☎", "")]


def test_invalid_utf8_is_replaced_and_the_stream_goes_on() -> None:
    assert parse(b"data: a\xff\xfeb\n\ndata: \xe7\xb8\n\ndata: c\n\n") == [
        SseEvent("message", "a\ufffd\ufffdb", ""),
        SseEvent("message", "\ufffd", ""),
        SseEvent("message", "c", ""),
    ]


def test_an_id_with_nul_is_ignored_and_the_last_good_one_persists() -> None:
    assert parse(b"id: 5\ndata: a\n\nid: 6\x007\ndata: b\n\ndata: c\n\n") == [
        SseEvent("message", "a", "5", own_id=True),
        SseEvent("message", "b", "5"),
        SseEvent("message", "c", "5"),
    ]


def test_an_id_without_data_still_becomes_the_last_event_id() -> None:
    parser = SseParser()
    assert parser.feed(b"id: 9\n\n") == []
    assert parser.last_event_id == "9"


def test_an_id_of_an_unfinished_event_is_not_resumed_from() -> None:
    parser = SseParser(last_event_id="1")
    parser.feed(b"id: 2\ndata: a\n\nid: 3\ndata: cut o")
    assert parser.last_event_id == "2"


def test_an_empty_id_clears_the_last_event_id() -> None:
    parser = SseParser(last_event_id="1")
    assert parser.feed(b"id\ndata: a\n\n") == [SseEvent("message", "a", "", own_id=True)]
    assert not parser.last_event_id


@pytest.mark.parametrize(
    ("line", "expected"), [(b"retry: 1500", 1500), (b"retry:0", 0), (b"retry: 1.5", None), (b"retry: -1", None), (b"retry", None)]
)
def test_retry_takes_digits_only(line: bytes, expected: int | None) -> None:
    parser = SseParser()
    parser.feed(line + b"\n")
    assert parser.retry_ms == expected


def test_unknown_fields_and_lines_without_a_colon_are_ignored() -> None:
    assert parse(b"foo: bar\nnonsense\ndata: a\nDATA: b\n\n") == [SseEvent("message", "a", "")]


def test_an_event_name_without_data_is_forgotten() -> None:
    assert parse(b"event: lost\n\ndata: a\n\n") == [SseEvent("message", "a", "")]


def test_comments_are_kept_in_order() -> None:
    assert parse(b":\n: beat\ndata: a\n:x\n\n") == [SseComment(""), SseComment("beat"), SseComment("x"), SseEvent("message", "a", "")]


def test_a_line_beyond_the_bound_is_cut_and_what_is_left_out_is_counted() -> None:
    events = parse(*[b"data: "] + [b"x" * 10] * 10 + [b"\n\n"], cap=30)
    event = events[0]
    assert isinstance(event, SseEvent)
    assert set(event.data) == {"x"}
    assert len(event.data) == 30
    assert len(event.data) + event.left_out == 100


def test_many_lines_beyond_the_bound_are_cut_too() -> None:
    event = parse(b"data: 0123456789\n" * 10 + b"\n", cap=25)[0]
    assert isinstance(event, SseEvent)
    assert len(event.data) == 25
    assert event.left_out == 10 * 11 - 1 - 25


def test_memory_stays_bounded_while_a_line_never_ends() -> None:
    parser = SseParser(max_event_bytes=1000)
    for _ in range(100):
        parser.feed(b"data: " + b"x" * 1000)
    assert len(parser._line) <= 1016  # the bound is what this test is about
    assert parser.end() == 100 * 1006


def test_the_event_after_a_cut_one_is_whole() -> None:
    assert parse(b"data: " + b"x" * 100 + b"\n\ndata: ok\n\n", cap=10)[1] == SseEvent("message", "ok", "")


pieces = st.sampled_from(
    [
        b"data: a",
        b"data:\xe7\xb8\xbd",
        b"data",
        b"id: 1",
        b"id",
        b"event: e",
        b"retry: 10",
        b": c",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\0",
    ]
)


@given(st.lists(pieces | st.binary(max_size=8), max_size=30), st.lists(st.integers(0, 300), max_size=12))
def test_any_chunking_gives_the_same_events(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    whole, cut_up = SseParser(max_event_bytes=40), SseParser(max_event_bytes=40)
    expected = whole.feed(stream)
    assert list(itertools.chain.from_iterable(cut_up.feed(stream[a:b]) for a, b in itertools.pairwise(edges))) == expected
    assert cut_up.last_event_id == whole.last_event_id
    assert cut_up.retry_ms == whole.retry_ms
    assert cut_up.end() == whole.end()


@given(st.lists(st.tuples(st.text(), st.text()), max_size=10))
def test_what_an_encoder_writes_is_read_back(events: list[tuple[str, str]]) -> None:
    written, expected = b"", []
    for name, data in events:
        one_line = name.translate({10: "", 13: ""})
        lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        written += b"event: " + one_line.encode(errors="replace") + b"\n"
        written += b"".join(b"data: " + line.encode(errors="replace") + b"\n" for line in lines) + b"\n"
        expected.append(
            SseEvent(one_line.encode(errors="replace").decode() or "message", "\n".join(lines).encode(errors="replace").decode(), "")
        )
    assert parse(written) == expected
