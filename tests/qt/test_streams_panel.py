"""The Streams panel over fakes: what it shows, offers, asks and keeps."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.feeds import Link, LinkState
from desktop.core.streams_draft import Entry
from desktop.core.streams_message import Format
from desktop.views.streams.columns import direction, direction_tone, event_name
from desktop.views.streams.panel import NO_STREAM, StreamsPanel
from embedded_server.contracts.events import Row
from embedded_server.contracts.streams import COMMENT_STATUS, MASK, FrameType, StreamKind, StreamState
from tests.qt.streams_fakes import REFUSED, make_services
from tests.qt.tasks_fakes import FakeFeed, until
from tests.unit.desktop_streams.streams import NOW, make_problem, make_stream

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)  # the offscreen platform, of every window

WS = StreamKind.WEBSOCKET


class Bench:
    """The whole panel over fakes."""

    def __init__(self, folder: Path) -> None:
        self.services, self.api, self.feeds = make_services(folder)
        self.panel = StreamsPanel(self.services)
        self.panel.resize(1060, 720)
        self.panel.show()

    @property
    def feed(self) -> FakeFeed:
        return self.feeds.opened[0]

    async def show(self, *streams: object) -> None:
        self.api.know(*streams)  # type: ignore[arg-type]  # a fake that has what is used
        self.panel.activate()
        await until(lambda: self.panel.model.streams == list(streams))


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


# -- the list


async def test_without_streams_the_panel_offers_this_servers_own_and_lists_nothing(bench: Bench) -> None:
    bench.panel.activate()
    await until(lambda: bench.panel._pages.currentIndex() == 2)
    assert bench.feed.filter == NO_STREAM
    bench.panel.start_demo(StreamKind.SSE)
    await until(lambda: bench.panel.current is not None)
    stream = bench.panel.current
    assert stream is not None
    assert (stream.spec.url, stream.state) == ("hub:tasks", StreamState.OPEN)
    assert bench.feed.filter == 'connection:"tasks over SSE" (kind:sse OR kind:ws)'


async def test_the_demo_opens_the_stream_there_is_rather_than_another(bench: Bench) -> None:
    await bench.show(make_stream("a", url="hub:tasks", kind=WS))
    bench.panel.start_demo(WS)
    await until(lambda: bench.api.requests[-1] == "POST /streams/a/open")
    assert "POST /streams" not in bench.api.requests


async def test_choosing_a_stream_lists_its_frames_alone(bench: Bench) -> None:
    await bench.show(make_stream("a", name="one"), make_stream("b", name='two "x"'))
    bench.panel.list.choose("b")
    assert bench.feed.filter == r'connection:"two \"x\"" (kind:sse OR kind:ws)'
    assert bench.panel.head.stream is not None
    assert bench.panel.head.stream.id == "b"


async def test_the_chosen_stream_is_chosen_again_next_time(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    await bench.show(make_stream("a"), make_stream("b"))
    bench.panel.list.choose("b")
    again = StreamsPanel(bench.services)
    qtbot.addWidget(again)
    again.activate()
    await until(lambda: again.current is not None and again.current.id == "b")
    again.deactivate()
    await again.stop()


async def test_a_hidden_panel_asks_nothing(bench: Bench) -> None:
    await bench.show(make_stream("a"))
    bench.panel.deactivate()
    assert not bench.panel._clock.isActive()


async def test_a_failing_list_keeps_what_is_shown_and_says_why_once(bench: Bench) -> None:
    await bench.show(make_stream("a"))
    bench.api.failure = make_problem("The streams cannot be read")
    for _ in range(2):
        bench.panel._refresh()
        await until(lambda: not bench.panel._jobs.is_running("refresh"))
    assert [stream.id for stream in bench.panel.model.streams] == ["a"]
    assert [(notice.title, notice.times) for notice in bench.services.notices.standing()] == [("The streams cannot be read", 1)]


async def test_a_first_list_that_fails_says_so_in_place(bench: Bench) -> None:
    bench.api.failure = make_problem("The streams cannot be read")
    bench.panel.activate()
    await until(lambda: bench.panel._message._title.text() == "The streams cannot be read")
    bench.api.failure = None
    bench.panel._retry.trigger()
    await until(lambda: bench.panel._pages.currentIndex() == 2)


# -- the head


async def test_the_head_tells_state_figures_and_the_resume_proof(bench: Bench) -> None:
    await bench.show(make_stream("a", state=StreamState.OPEN, received=1234, bytes=5000, rate=3.0, last_event_id="e:9", resumed=2))
    head = bench.panel.head
    assert head.state.text() == "open"
    assert head.figures.text() == "SSE  ·  1,234 received  ·  5.0 kB  ·  3 / s"
    assert head.proof.text() == "last id e:9 · resumed 2 times · nothing came twice"
    assert (head.open.isHidden(), head.close_button.isHidden(), head.drop.isHidden()) == (True, False, False)


async def test_trouble_stands_in_the_head_with_its_hint_and_the_next_attempt(bench: Bench) -> None:
    waiting = make_stream("a", state=StreamState.WAITING, attempt=3, retry_at=NOW * 2, problem=make_problem(detail="from the server"))
    await bench.show(waiting)
    head = bench.panel.head
    assert head.trouble.text().startswith("Nothing answers at h:443 — attempt 4 in ")
    assert head.hint.text() == "Check the port.\nfrom the server"
    assert head.open.text() == "Try now"
    head.open.click()
    await until(lambda: "POST /streams/a/open" in bench.api.requests)
    await until(lambda: head.state.text() == "open")


@pytest.mark.parametrize(("button", "route"), [("close_button", "close"), ("drop", "drop")])
async def test_an_open_stream_can_be_closed_and_cut(bench: Bench, button: str, route: str) -> None:
    await bench.show(make_stream("a", state=StreamState.OPEN))
    getattr(bench.panel.head, button).click()
    await until(lambda: f"POST /streams/a/{route}" in bench.api.requests)


async def test_deleting_asks_first_and_names_what_is_lost_and_what_stays(bench: Bench) -> None:
    await bench.show(make_stream("a", name="orders", received=1200), make_stream("b"))
    confirm = bench.panel.head.confirm
    bench.panel.head.delete.click()
    assert confirm.question() == "Delete the stream “orders”?"
    assert "The 1,200 events it brought stay in the journal." in confirm._consequence.text()
    assert bench.panel.go_back()
    assert not confirm.isVisible()
    bench.panel.head.delete.click()
    confirm.act.click()
    await until(lambda: [stream.id for stream in bench.panel.model.streams] == ["b"])
    assert bench.panel.current is not None
    assert bench.panel.current.id == "b"


# -- the send box


async def test_only_a_websocket_has_a_send_box(bench: Bench) -> None:
    await bench.show(make_stream("a"), make_stream("b", kind=WS, state=StreamState.OPEN))
    assert bench.panel.send_box.isHidden()
    bench.panel.list.choose("b")
    assert not bench.panel.send_box.isHidden()


async def test_json_is_checked_as_typed_and_sent_as_typed(bench: Bench) -> None:
    await bench.show(make_stream("b", kind=WS, state=StreamState.OPEN))
    box = bench.panel.send_box
    box.edit.setPlainText('{"id": 1')
    assert "Not JSON yet" in box.note.toolTip()
    box.start_send()
    assert bench.api.sent == []
    box.edit.setPlainText('{"id": 12345678901234567890123}')
    box.button.click()
    await until(lambda: box.note.toolTip() == "Sent")
    assert [(one.type, one.data) for one in bench.api.sent] == [(FrameType.JSON, '{"id": 12345678901234567890123}')]


async def test_what_could_not_be_sent_stays_with_its_reason(bench: Bench) -> None:
    await bench.show(make_stream("b", kind=WS, state=StreamState.OPEN))
    box = bench.panel.send_box
    box.format.choose(Format.TEXT)
    box.edit.setPlainText("precious")
    bench.api.failure = REFUSED
    box.start_send()
    await until(lambda: "is not open" in box.note.toolTip())
    assert box.edit.toPlainText() == "precious"
    assert box.button.isEnabled()


async def test_each_stream_keeps_its_own_unsent_text(bench: Bench) -> None:
    await bench.show(make_stream("a", kind=WS), make_stream("b", kind=WS))
    bench.panel.list.choose("a")
    bench.panel.send_box.edit.setPlainText("for a")
    bench.panel.list.choose("b")
    assert bench.panel.send_box.edit.toPlainText() == ""
    bench.panel.list.choose("a")
    assert bench.panel.send_box.edit.toPlainText() == "for a"
    assert not bench.panel.send_box.button.isEnabled(), "it is not open"


# -- the form


async def test_adding_a_stream_opens_and_chooses_it(bench: Bench) -> None:
    await bench.show(make_stream("a", name="h/p"))
    bench.panel.open_form()
    form = bench.panel.form
    form.url.setText("https://h/p")
    form.start_save(then_open=True)
    await until(lambda: not form.is_open())
    await until(lambda: bench.panel.current is not None and bench.panel.current.state is StreamState.OPEN)
    assert bench.panel.current is not None
    assert bench.panel.current.spec.name == "h/p 2", "its own name was taken"


async def test_faults_stand_at_their_fields_and_nothing_is_sent(bench: Bench) -> None:
    bench.panel.open_form()
    form = bench.panel.form
    form.url.setText("nonsense")
    form.headers.setPlainText("a: b\nnonsense")
    form.start_save(then_open=False)
    assert "is not one that this kind of stream can open" in form.fault(Entry.URL)
    assert form.fault(Entry.HEADERS).startswith("Line 2 of the headers")
    assert not any(request.startswith("POST") for request in bench.api.requests)


async def test_what_the_server_refuses_is_said_in_the_form_and_the_text_stays(bench: Bench) -> None:
    bench.panel.open_form()
    form = bench.panel.form
    form.url.setText("https://h/p")
    bench.api.failure = make_problem("Another stream is already called “h/p”", "Choose another name.")
    form.start_save(then_open=False)
    await until(form.failure)
    assert form.failure() == "Another stream is already called “h/p”\nChoose another name."
    assert form.url.text() == "https://h/p"


async def test_unsaved_text_survives_the_form_and_the_window(bench: Bench, qtbot: QtBot) -> None:
    bench.panel.open_form()
    QTest.keyClicks(bench.panel.form.url, "https://h/p")
    assert bench.panel.go_back()
    again = StreamsPanel(bench.services)
    qtbot.addWidget(again)
    assert again.form.url.text() == "https://h/p"


async def test_editing_shows_hidden_values_as_hidden_and_does_not_touch_the_draft(bench: Bench) -> None:
    await bench.show(make_stream("a", headers={"Authorization": MASK}))
    bench.panel.form.url.setText("https://draft")
    bench.panel.form._on_edited()
    bench.panel.open_edit()
    form = bench.panel.form
    assert form.headers.toPlainText() == f"Authorization: {MASK}"
    assert not form._hidden_note.isHidden()
    form.name.setText("renamed")
    form.start_save(then_open=False)
    await until(lambda: not form.is_open())
    assert bench.api.streams["a"].spec.name == "renamed"
    assert bench.api.streams["a"].spec.headers == {"Authorization": MASK}
    bench.panel.open_form()
    assert form.url.text() == "https://draft"


async def test_the_form_shows_what_the_kind_can_have(bench: Bench) -> None:
    bench.panel.open_form()
    form = bench.panel.form
    form.url.setText("https://h")
    form.kind.choose(WS.value)
    assert form.url.text() == "wss://h"
    assert (form._groups["method"].isHidden(), form._groups["subprotocols"].isHidden()) == (True, False)
    form.kind.choose(StreamKind.SSE.value)
    assert (form._groups["method"].isHidden(), form._groups["subprotocols"].isHidden()) == (False, True)
    assert form._groups["body"].isHidden()
    form.method.setCurrentText("POST")
    form._on_edited()
    assert not form._groups["body"].isHidden()


# -- the frames


def frame(kind: str, status: str) -> Row:
    return Row(1, NOW, "c", kind, "u", "", "", "", status, "", 0, "")


@pytest.mark.parametrize(
    ("row", "words", "tone", "event"),
    [
        (frame("sse.event", "paid"), "← received", None, "paid"),
        (frame("sse.event", COMMENT_STATUS), "← comment", None, ""),
        (frame("ws.sent", "json"), "→ sent", "run", "json"),
        (frame("ws.opened", "101"), "opened", "ok", "101"),
        (frame("ws.closed", "1000"), "closed", "wait", "1000"),
        (frame("ws.closed", "1006"), "closed", "bad", "1006"),
        (frame("sse.closed", "closed"), "closed", "wait", "closed"),
    ],
)
def test_a_frame_tells_its_direction_in_words(row: Row, words: str, tone: str | None, event: str) -> None:
    assert (direction(row), direction_tone(row), event_name(row)) == (words, tone, event)


async def test_the_navigation_counts_open_streams_and_not_frames(bench: Bench) -> None:
    counts: list[int] = []
    bench.panel.count_changed.connect(counts.append)
    await bench.show(make_stream("a", state=StreamState.OPEN), make_stream("b"))
    assert counts[-1] == 1
    await bench.show(make_stream("b"))
    assert counts[-1] == -1


async def test_another_stream_has_another_detail(bench: Bench) -> None:
    await bench.show(make_stream("a"), make_stream("b"))
    bench.panel.list.choose("a")
    bench.panel.detail.show_row(frame("sse.event", "order"))
    bench.panel.feed.open_detail()
    bench.panel.list.choose("b")
    assert bench.panel.detail.row is None
    assert bench.panel.detail.copy_button.isHidden(), "nothing to copy"
    assert bench.panel.go_back(), "Esc still closes it"


async def test_a_trace_is_asked_of_the_window(bench: Bench) -> None:
    asked: list[str] = []
    bench.panel.trace_requested.connect(asked.append)
    bench.panel.feed.trace_requested.emit("trace 7")
    bench.panel.detail.trace_requested.emit("trace 8")
    assert asked == ["trace 7", "trace 8"]


async def test_j_and_k_walk_the_streams(bench: Bench) -> None:
    await bench.show(make_stream("a"), make_stream("b"))
    bench.panel.list.choose("a")
    for key, expected in ((Qt.Key.Key_J, "b"), (Qt.Key.Key_K, "a")):
        QTest.keyClick(bench.panel.list.view, key)
        assert bench.panel.current is not None
        assert bench.panel.current.id == expected


async def test_without_room_for_both_the_detail_stands_in_the_tables_place(bench: Bench) -> None:
    await bench.show(make_stream("a"), make_stream("b"))
    bench.panel.resize(680, 440)
    bench.panel.list.choose("a")
    bench.panel.feed.open_detail()
    assert (bench.panel.detail.isVisible(), bench.panel.feed.table.isVisible()) == (True, False)
    assert bench.panel.go_back()
    assert bench.panel.detail.isHidden()
    bench.panel.feed.open_detail()
    bench.panel.list.choose("b")
    assert bench.panel.detail.isHidden(), "the frames of the stream just chosen are what is wanted"
    bench.panel.resize(1060, 720)
    bench.panel.feed.open_detail()
    assert (bench.panel.detail.isVisible(), not bench.panel.feed._left.isHidden()) == (True, True)


async def test_without_a_server_no_state_colour_claims_that_it_still_holds(bench: Bench) -> None:
    await bench.show(make_stream("a", state=StreamState.OPEN))
    assert bench.panel.head.state.tone() == "ok"
    bench.feeds.set_link(Link(LinkState.WAITING))
    assert bench.panel.head.state.tone() == "wait"
    bench.feeds.set_link(Link(LinkState.OPEN))
    assert bench.panel.head.state.tone() == "ok"


async def test_enter_in_a_line_of_the_form_adds_and_opens(bench: Bench) -> None:
    bench.panel.open_form()
    bench.panel.form.url.setText("https://example.org/events")
    QTest.keyClick(bench.panel.form.url, Qt.Key.Key_Return)
    await until(lambda: bench.panel.current is not None and not bench.panel.form.is_open())
    assert "POST /streams" in bench.api.requests
