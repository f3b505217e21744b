from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.core.host_status import HostPhase, HostStatus
from desktop.core.session_state import SessionPhase
from desktop.services.keyring import TokenStore
from tests.helpers.qt_loop import run_on_qt, until
from tests.qt.frame_fakes import Bench, MemoryKeyring


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Bench:
    return Bench(qtbot, tmp_path)


def type_in(bench: Bench, name: str, password: str, again: str = "") -> None:
    form = bench.window.sign_in
    form.name.setText(name)
    form.password.setText(password)
    form.again.setText(again)
    form.submit.click()


def test_the_first_launch_creates_an_account_and_signs_in(bench: Bench) -> None:
    async def scenario() -> None:
        await bench.session.begin()
        assert bench.window.sign_in.again.isVisible()
        type_in(bench, "ada", "correct horse", "correct horse")
        await until(lambda: bench.session.is_signed_in)
        assert bench.server.accounts == {"ada": "correct horse"}
        assert bench.window.sign_in.isHidden()
        assert bench.window.current_key() == "notes"
        assert bench.window.sign_in.password.text() == "", "no password stays in the form"

    run_on_qt(scenario())


@pytest.mark.parametrize(
    ("name", "password", "again", "words"),
    [
        ("", "correct horse", "correct horse", "Type a name."),
        ("ada", "", "", "Type a password."),
        ("ada", "short", "short", "The password needs at least 8 characters."),
        ("ada", "correct horse", "correct house", "The two passwords differ."),
    ],
)
def test_a_mistake_is_told_where_it_is_made_and_nothing_is_sent(bench: Bench, name: str, password: str, again: str, words: str) -> None:
    async def scenario() -> None:
        await bench.session.begin()
        type_in(bench, name, password, again)
        assert bench.window.sign_in.problem() == words
        assert bench.server.requests == ["GET /health"]

    run_on_qt(scenario())


def test_a_wrong_password_is_told_with_its_hint_and_the_name_stays(bench: Bench) -> None:
    async def scenario() -> None:
        bench.server.accounts["ada"] = "correct horse"
        await bench.session.begin()
        assert bench.window.sign_in.again.isHidden()
        type_in(bench, "ada", "wrong horse")
        await until(bench.window.sign_in.problem)
        assert bench.window.sign_in.problem() == "Name or password is wrong"
        assert bench.window.sign_in.name.text() == "ada"
        assert bench.window.sign_in.submit.isEnabled()
        assert not bench.notices.standing(), "told in the form, not twice"

    run_on_qt(scenario())


def test_a_server_that_is_away_is_told_in_the_form(bench: Bench) -> None:
    async def scenario() -> None:
        bench.server.accounts["ada"] = "correct horse"
        await bench.session.begin()
        bench.server.down = True
        type_in(bench, "ada", "correct horse")
        await until(bench.window.sign_in.problem)
        assert "does not answer" in bench.window.sign_in.problem()

    run_on_qt(scenario())


def test_a_session_that_expires_in_mid_work_asks_again_and_keeps_what_was_typed(bench: Bench) -> None:
    async def scenario() -> None:
        await bench.sign_in()
        panel = bench.notes
        panel.text.setPlainText("half a thought")
        panel.text.setFocus()
        bench.server.tokens.clear()
        with pytest.raises(Exception, match="Your session has ended"):
            await bench.api.get("/tasks/names", dict)
        assert bench.session.state.phase is SessionPhase.EXPIRED
        assert bench.window.sign_in.isVisible()
        assert bench.window.sign_in.name.text() == "ada"
        assert not panel.isEnabled(), "nothing underneath takes keys"
        assert bench.window.focusWidget() is bench.window.sign_in.password
        type_in(bench, "ada", "correct horse")
        await until(lambda: bench.session.is_signed_in)
        assert bench.window.panel() is panel
        assert panel.isEnabled()
        assert panel.text.toPlainText() == "half a thought"

    run_on_qt(scenario())


def test_another_person_gets_panels_of_their_own(bench: Bench) -> None:
    async def scenario() -> None:
        await bench.sign_in()
        panel = bench.notes
        await bench.session.sign_out()
        assert bench.window.sign_in.isVisible()
        assert panel.log == ["activated", "deactivated"]
        bench.server.accounts["eve"] = "another horse"
        type_in(bench, "eve", "another horse")
        await until(lambda: bench.session.is_signed_in)
        assert bench.notes is not panel

    run_on_qt(scenario())


def test_signing_out_works_while_the_server_is_away(bench: Bench) -> None:
    async def scenario() -> None:
        await bench.sign_in()
        bench.server.down = True
        await bench.session.sign_out()
        assert bench.session.state.phase is SessionPhase.SIGNED_OUT
        assert bench.api.token == ""

    run_on_qt(scenario())


def test_staying_signed_in_takes_up_the_kept_session_and_signing_out_forgets_it(qtbot: QtBot, tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    first = Bench(qtbot, tmp_path, keyring)
    second = Bench(qtbot, tmp_path, keyring)
    second.server.accounts, second.server.tokens = first.server.accounts, first.server.tokens

    async def scenario() -> None:
        first.server.accounts["ada"] = "correct horse"
        await first.session.begin()
        await first.session.sign_in("ada", "correct horse", stay=True)
        await second.session.begin()
        assert second.session.is_signed_in
        assert second.session.state.kept
        assert first.api.token not in (tmp_path / "window.ini").read_text(), "the token is in the keyring only"
        await second.session.sign_out()
        assert keyring.kept == {}

    run_on_qt(scenario())


def test_a_kept_session_that_has_ended_is_forgotten(qtbot: QtBot, tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    keyring.kept["switchroom", "here"] = "stale"
    bench = Bench(qtbot, tmp_path, keyring)
    bench.settings.stay_signed_in = True
    bench.server.accounts["ada"] = "correct horse"

    async def scenario() -> None:
        await bench.session.begin()
        assert bench.session.state.phase is SessionPhase.SIGNED_OUT
        assert keyring.kept == {}
        assert bench.api.token == ""

    run_on_qt(scenario())


def test_where_there_is_no_keyring_the_box_says_so(bench: Bench) -> None:
    async def scenario() -> None:
        assert await bench.session.check_keyring() is False
        bench.window.sign_in.show_keyring(available=False, stay=True)
        assert not bench.window.sign_in.stay.isEnabled()
        assert not bench.window.sign_in.stay.isChecked()

    run_on_qt(scenario())


def test_a_keyring_that_hangs_keeps_nobody_waiting() -> None:
    import threading

    release = threading.Event()

    def hang() -> None:
        release.wait()

    async def scenario() -> None:
        store = TokenStore(hang, timeout_s=0.01)
        assert await store.load("here") == ""
        assert await store.save("here", "token") is False
        release.set()

    import asyncio

    asyncio.run(scenario())


def test_a_keyring_that_fails_is_as_good_as_none() -> None:
    import asyncio

    def fail() -> None:
        raise OSError("no D-Bus")

    assert asyncio.run(TokenStore(fail).is_available()) is False


def test_tab_stays_inside_the_form(bench: Bench, qtbot: QtBot) -> None:
    async def scenario() -> None:
        bench.server.accounts["ada"] = "x"
        await bench.session.begin()
        qtbot.waitActive(bench.window)
        bench.window.activateWindow()
        form = bench.window.sign_in
        form.name.setFocus()
        seen = []
        for _ in range(6):
            focused = QApplication.focusWidget()
            assert focused is not None
            assert form.isAncestorOf(focused)
            seen.append(focused)
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert seen[0] is form.name
        assert seen[1] is form.password
        assert len(set(seen)) < len(seen), "it goes round"

    run_on_qt(scenario())


def test_a_server_that_does_not_start_is_told_before_anybody_can_sign_in(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path)
    bench.host.set_status(HostStatus(HostPhase.FAILED, reason="The port 80 is taken", detail="line one\nline two"))
    assert bench.window.sign_in.problem() == "The port 80 is taken"
    bench.window.sign_in.retry_requested.emit()
    assert bench.host.restarts == 1
