"""Stream events as the journal keeps them, and the figures beside them."""

import orjson
import pytest

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.streams import FrameType
from embedded_server.core.meter import RateMeter
from embedded_server.journal import Journal
from embedded_server.streams.recorder import Recorder
from embedded_server.streams.sse_parser import SseComment, SseEvent


@pytest.fixture
def recorder(journal: Journal) -> Recorder:
    return Recorder(journal, "orders", "https://h/p")


async def kept(journal: Journal) -> list[Event]:
    last = await journal.flush()
    stored = [await journal.read(seq) for seq in range(1, last + 1)]
    return [one.event for one in stored if one is not None]


async def test_an_sse_event_keeps_its_name_id_and_whole_data(recorder: Recorder, journal: Journal) -> None:
    await recorder.sse([SseEvent("paid", '{"n":1}\nline', "7", own_id=True), SseComment("beat")])
    event, comment = await kept(journal)
    assert (event.kind, event.connection, event.subject) == (Kind.SSE_EVENT, "orders", "https://h/p")
    assert (event.status, event.key, event.body, event.preview) == ("paid", "7", b'{"n":1}\nline', '{"n":1} line')
    assert (comment.status, comment.body) == (":comment", b"beat")
    assert (recorder.received, recorder.bytes) == (1, 12), "a comment is no event"


async def test_a_cut_event_tells_its_true_size(recorder: Recorder, journal: Journal) -> None:
    await recorder.sse([SseEvent("message", "abc", "", left_out=997)])
    (event,) = await kept(journal)
    assert (event.size, event.body) == (1000, b"abc")


async def test_events_that_come_again_after_a_resume_are_counted(recorder: Recorder) -> None:
    recorder.opened(Kind.SSE_OPENED, "200", {})
    await recorder.sse([SseEvent("m", "a", "1", own_id=True), SseEvent("m", "b", "2", own_id=True)])
    recorder.opened(Kind.SSE_OPENED, "200", {}, resumed=True)
    await recorder.sse([SseEvent("m", "b", "2", own_id=True), SseEvent("m", "c", "2"), SseEvent("m", "d", "3", own_id=True)])
    assert recorder.duplicates == 1, "an event without an id of its own is no repetition"


async def test_an_id_that_repeats_within_a_connection_is_the_servers_habit(recorder: Recorder) -> None:
    recorder.opened(Kind.SSE_OPENED, "200", {})
    await recorder.sse([SseEvent("m", "a", "1", own_id=True), SseEvent("m", "b", "1", own_id=True)])
    assert recorder.duplicates == 0


async def test_response_headers_are_kept_without_their_secrets(recorder: Recorder, journal: Journal) -> None:
    recorder.opened(Kind.WS_OPENED, "101", {"set-cookie": "s=1", "server": "x"})
    (event,) = await kept(journal)
    assert orjson.loads(event.headers) == {"set-cookie": "***", "server": "x"}


async def test_websocket_messages_keep_their_type_and_direction(recorder: Recorder, journal: Journal) -> None:
    await recorder.frame("總")
    await recorder.frame(b"\x00\xff")
    recorder.frame_sent(b"{}", FrameType.JSON)
    text, binary, sent = await kept(journal)
    assert (text.kind, text.status, text.body) == (Kind.WS_RECEIVED, "text", "總".encode())
    assert (binary.status, binary.body) == ("binary", b"\x00\xff")
    assert (sent.kind, sent.status) == (Kind.WS_SENT, "json")
    assert (recorder.received, recorder.sent, recorder.bytes) == (2, 1, 7)


def test_a_rate_is_the_count_of_the_last_second() -> None:
    now = 100.0
    meter = RateMeter(lambda: now)
    meter.add(5)
    now = 100.5
    meter.add(3)
    assert meter.rate() == 8
    now = 101.2
    assert meter.rate() == 3
    now = 200.0
    assert meter.rate() == 0
