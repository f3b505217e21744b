import logging
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.feeds import FeedStatus, Link, LinkState
from desktop.core.host_status import HostPhase, HostStatus
from desktop.views.frame.palette import rank
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.feeds import Source
from tests.helpers.qt_loop import run_on_qt
from tests.qt.frame_fakes import Bench, NotePanel


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Bench:
    made = Bench(qtbot, tmp_path)
    run_on_qt(made.sign_in())
    qtbot.waitExposed(made.window)
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow)
    return made


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifier)


def test_panels_are_built_at_their_first_showing_and_told_when_they_are_seen(bench: Bench) -> None:
    assert bench.window.panel("more") is None
    bench.window.show_panel("more")
    more = bench.window.panel("more")
    assert isinstance(more, NotePanel)
    assert bench.notes.log == ["activated", "deactivated"]
    assert more.log == ["activated"]
    assert bench.settings.last_panel == "more"


def test_alt_and_a_digit_shows_a_panel(bench: Bench) -> None:
    press(bench.window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert bench.window.current_key() == "more"


def test_slash_goes_to_the_filter_from_the_table(bench: Bench) -> None:
    bench.notes.table.setFocus()
    press(bench.notes.table, Qt.Key.Key_Slash)
    assert bench.notes.filter.hasFocus()
    assert bench.notes.filter.text() == ""


@pytest.mark.parametrize("field", ["filter", "text"])
def test_single_key_shortcuts_do_not_fire_while_typing(bench: Bench, field: str) -> None:
    widget: QWidget = getattr(bench.notes, field)
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_Slash)
    QTest.keyClick(widget, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert widget.hasFocus()
    assert bench.window.help_sheet.isHidden()
    typed = bench.notes.filter.text() if field == "filter" else bench.notes.text.toPlainText()
    assert typed == "/?"


def test_question_mark_lists_the_shortcuts_and_esc_closes_them(bench: Bench) -> None:
    bench.notes.table.setFocus()
    press(bench.notes.table, Qt.Key.Key_Question)  # without Shift: on a real display Qt tries the key without it as well
    assert bench.window.help_sheet.isVisible()
    focused = QApplication.focusWidget()
    assert focused is not None
    press(focused, Qt.Key.Key_Escape)
    assert bench.window.help_sheet.isHidden()
    assert bench.notes.table.hasFocus(), "the focus goes back where it was"


def test_esc_leaves_the_text_field(bench: Bench) -> None:
    bench.notes.filter.setFocus()
    press(bench.notes.filter, Qt.Key.Key_Escape)
    assert not bench.notes.filter.hasFocus()


def test_the_palette_finds_an_act_and_runs_it_with_the_keyboard_alone(bench: Bench) -> None:
    press(bench.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = bench.window.palette_sheet
    assert palette.search.hasFocus()
    QTest.keyClicks(palette.search, "send")
    press(palette.search, Qt.Key.Key_Return)
    assert palette.isHidden()
    assert bench.notes.log == ["activated", "sent"]


def test_the_palette_walks_with_the_arrows_and_says_when_nothing_matches(bench: Bench) -> None:
    bench.window.body.open_palette()
    palette = bench.window.palette_sheet
    QTest.keyClicks(palette.search, "go to")
    assert [command.text for command in palette.shown()] == ["Go to Notes", "Go to Broken", "Go to More notes"]
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Return):
        press(palette.search, key)
    assert bench.window.current_key() == "more", "up from the first is the last"
    bench.window.body.open_palette()
    QTest.keyClicks(palette.search, "zzz")
    press(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.shown() == []


def test_the_palette_offers_another_panels_act_with_its_shortcut_and_shows_that_panel(bench: Bench) -> None:
    bench.window.show_panel("more")
    command = next(c for c in bench.window.body.commands() if c.text == "Send note" and c.group == "Notes")
    assert command.shortcut == "Ctrl+N"
    command.run()
    assert bench.window.current_key() == "notes"
    assert bench.notes.log[-1] == "sent"


def test_disabled_acts_are_not_offered(bench: Bench) -> None:
    bench.notes.send.setEnabled(False)
    assert "Send note" not in [c.text for c in rank("send", bench.window.body.commands())]


def test_a_panels_shortcut_works_from_the_navigation(bench: Bench) -> None:
    bench.window.navigation.setFocus()
    press(bench.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert bench.notes.log[-1] == "sent"


def test_the_header_follows_the_primary_act(bench: Bench) -> None:
    button = bench.window.findChild(QPushButton, "primary")
    assert isinstance(button, QPushButton)
    bench.notes.send.setEnabled(False)
    assert not button.isEnabled()
    bench.notes.send.setEnabled(True)
    button.click()
    assert bench.notes.log[-1] == "sent"


def test_a_panel_that_cannot_be_built_says_so_in_its_place(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="desktop.services.notices"):
        bench.window.show_panel("broken")
    assert bench.window.current_key() == "broken"
    assert len(bench.notices.standing()) == 1
    bench.window.show_panel("notes")
    assert bench.window.current_key() == "notes"


def test_the_strip_shows_the_visible_panels_feed(bench: Bench) -> None:
    def words() -> list[str]:
        from PySide6.QtWidgets import QLabel

        return [label.text() for label in bench.window.body.strip.findChildren(QLabel) if label.isVisible()]

    bench.notes.status.emit(FeedStatus(live=True, rate=1204, total=1_203_441, scanned=5, of=7))
    assert words() == ["1,204 / s", "1,203,441 events", "0 dropped", "scanned 5 of 7", "Server 127.0.0.1:41873"]
    bench.window.show_panel("more")
    assert words() == ["Server 127.0.0.1:41873"]


def test_the_banner_says_what_happened_and_offers_to_try_now(bench: Bench) -> None:
    banner = bench.window.body.banner
    bench.host.set_status(HostStatus(HostPhase.WAITING, url="http://127.0.0.1:41873", reason="The server was ended by SIGKILL", attempt=2))
    assert banner.isVisible()
    assert banner.text() == "The server was ended by SIGKILL. Starting it again in 0 s (attempt 2)."
    assert bench.notices.server_down
    banner.retry_requested.emit()
    assert bench.host.restarts == 1
    bench.host.set_status(HostStatus(HostPhase.READY, url="http://127.0.0.1:41873"))
    assert banner.isHidden()
    assert not bench.notices.server_down


def test_a_server_that_runs_but_does_not_answer_is_told(bench: Bench) -> None:
    bench.feeds.set_link(Link(LinkState.WAITING, "The connection to the server was lost", 2.0))
    assert bench.window.body.banner.text() == "The connection to the server was lost. Connecting again in 2 s."


def test_closing_asks_instead_of_closing(bench: Bench) -> None:
    asked: list[bool] = []
    bench.window.close_requested.connect(lambda: asked.append(True))
    bench.window.close()
    assert asked == [True]
    assert bench.window.isVisible()


def test_size_and_place_are_kept(qtbot: QtBot, tmp_path: Path) -> None:
    first = Bench(qtbot, tmp_path)
    first.window.resize(920, 600)
    first.window.save_state()
    second = Bench(qtbot, tmp_path)
    assert second.window.height() == 600  # the width is the offscreen screen's to decide


@pytest.mark.parametrize(
    ("link", "word"),
    [(LinkState.OPEN, "Live"), (LinkState.CONNECTING, "Connecting"), (LinkState.WAITING, "Offline")],
)
def test_the_strip_tells_connecting_from_offline(bench: Bench, link: LinkState, word: str) -> None:
    bench.notes.status.emit(FeedStatus(live=True))
    bench.feeds.set_link(Link(link, "lost", 1.0))
    live = bench.window.body.strip.findChild(StateLabel)
    assert isinstance(live, StateLabel)
    assert live.text() == word


def test_changing_the_panel_closes_the_sheets(bench: Bench) -> None:
    bench.window.body.open_help()
    press(bench.window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert bench.window.help_sheet.isHidden()
    assert bench.window.current_key() == "more"


def test_a_trace_asked_for_in_one_panel_is_shown_in_another(bench: Bench) -> None:
    bench.notes.trace_requested.emit("t-1")
    assert bench.window.current_key() == "more"
    more = bench.window.panel("more")
    assert isinstance(more, NotePanel)
    assert more.traces == ["t-1"]


def test_only_the_panel_itself_counts(bench: Bench) -> None:
    item = bench.window.navigation._items["notes"]
    bench.notes.count_changed.emit(7)
    bench.notes.status.emit(FeedStatus(total=3))
    assert item.accessibleDescription() == "7"


def test_the_strip_leaves_figures_out_before_it_cuts_one(bench: Bench, qtbot: QtBot) -> None:
    strip = bench.window.body.strip
    bench.notes.status.emit(FeedStatus(total=10_000_000, of=10_000_000, scanned=10_000_000, dropped=3, trimmed=2_000_000))
    shown = [strip._total, strip._dropped, strip._scanned, strip._trimmed, strip._server]
    bench.window.resize(1280, 800)
    assert all(label.isVisible() for label in shown)
    assert "2,000,000" in strip._trimmed.text()
    bench.window.resize(900, 560)
    assert (strip._total.isVisible(), strip._dropped.isVisible(), strip._server.isVisible()) == (True, True, False)
    qtbot.waitUntil(lambda: all(label.width() >= label.sizeHint().width() for label in shown if label.isVisible()))


def test_tasks_are_not_counted_as_events(bench: Bench) -> None:
    bench.notes.status.emit(FeedStatus(total=2, source=Source.TASKS))
    assert bench.window.body.strip._total.text() == "2 tasks"


def test_a_panel_shown_for_the_first_time_does_not_take_keys_for_text(bench: Bench) -> None:
    bench.notes.table.setFocus()
    press(bench.notes.table, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    more = bench.window.panel("more")
    assert isinstance(more, NotePanel)
    assert not more.filter.hasFocus()
    more.text.setFocus()
    bench.window.show_panel("notes")
    assert bench.notes.table.hasFocus(), "where it was"
    bench.window.show_panel("more")
    assert more.text.hasFocus()


def test_tab_is_not_held_by_a_container_whose_preferred_widget_is_hidden(bench: Bench) -> None:
    first, group, last = QPushButton("first", bench.notes), QWidget(bench.notes), QPushButton("last", bench.notes)
    hidden = QLineEdit(group)
    group.setFocusProxy(hidden)
    for before, after in ((first, group), (group, hidden), (hidden, last)):
        QWidget.setTabOrder(before, after)
    for widget in (first, group, last):
        widget.show()
    hidden.hide()
    first.setFocus()
    press(first, Qt.Key.Key_Tab)
    assert last.hasFocus()
    press(last, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert first.hasFocus()
