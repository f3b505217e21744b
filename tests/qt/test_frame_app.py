"""The composition root over a fake server process: start, sign in, language, theme, stop."""

import logging
import socket
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.app import Application, Options
from desktop.core.formatting import TimeDisplay, set_time_display, time_display
from desktop.core.i18n import language, set_language
from desktop.core.session_state import SessionPhase
from desktop.panels import PANELS
from desktop.services.server_host import ProcessHost
from desktop.services.settings import ThemeMode
from desktop.views.settings import SettingsPanel
from desktop.views.theme import theme
from tests.helpers.qt_loop import run_on_qt, until

SETTINGS = tuple(spec for spec in PANELS if spec.key == "settings")


@pytest.fixture
def application(qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Application:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the application sets its own
    host = ProcessHost(lambda port: [sys.executable, "-m", "tests.helpers.fake_server", "--port", str(port)])
    made = Application(Options(tmp_path, language="en", theme="light", panels=SETTINGS), host)
    assert made.instance.claim()
    caplog.set_level(logging.WARNING, logger="websockets")  # the fake has no feeds
    return made


async def started(application: Application) -> Application:
    application.paint()
    await application.start()
    await until(lambda: application.services.session.state.phase is SessionPhase.NEEDS_ACCOUNT)
    await application.services.session.create_account("ada", "correct horse")
    return application


def words(widget: QWidget) -> set[str]:
    return {label.text() for label in widget.findChildren(QLabel)}


def test_it_comes_up_signs_in_and_ends_with_its_server(application: Application) -> None:
    async def scenario() -> None:
        await started(application)
        assert application.window is not None
        assert isinstance(application.window.panel(), SettingsPanel)
        child = psutil.Process(application.host.status.pid)
        await application.stop()
        await application.stop()
        assert not child.is_running()
        assert application.window.isHidden()

    run_on_qt(scenario())


def test_another_language_builds_the_window_anew_and_nobody_has_to_sign_in_again(application: Application) -> None:
    async def scenario() -> None:
        await started(application)
        before = application.window
        application.settings.language = "zh_TW"
        await until(lambda: application.window is not before)
        assert application.window is not None
        assert application.services.session.is_signed_in
        assert isinstance(application.window.panel(), SettingsPanel)
        assert application.window.sign_in.isHidden()
        assert application.window.isVisible()
        await application.stop()

    try:
        run_on_qt(scenario())
        assert language() in {"zh_TW", "en"}, "English stands in where the catalogue is not built"
    finally:
        set_language("en")


def test_settings_take_effect_at_once(application: Application, qapp: QApplication) -> None:
    async def scenario() -> None:
        await started(application)
        assert application.window is not None
        panel = application.window.panel()
        assert isinstance(panel, SettingsPanel)
        panel.theme.choose("dark")
        assert theme().is_dark
        panel.zone.choose("utc")
        panel.style_.choose("age")
        assert time_display() == TimeDisplay(utc=True, relative=True)
        assert "ada" in words(panel)
        assert any("no keyring" in text for text in words(panel))
        panel.sign_out.click()
        await until(lambda: application.services.session.state.phase is SessionPhase.SIGNED_OUT)
        assert "Nobody" in words(panel)
        await application.stop()

    try:
        run_on_qt(scenario())
    finally:
        set_time_display(TimeDisplay())
        theme().install(qapp, ThemeMode.LIGHT)


def test_run_lives_until_the_window_is_closed(application: Application) -> None:
    async def scenario() -> None:
        application.paint()
        from embedded_server.contracts.concurrency import spawn

        async def close() -> None:
            await until(lambda: application.host.status.is_ready)
            assert application.window is not None
            application.window.close()

        spawn(close(), name="close", notify=lambda exc: pytest.fail(str(exc)))
        assert await application.run() == 0
        assert application.window is not None
        assert application.window.isHidden()

    run_on_qt(scenario())


def test_a_server_elsewhere_is_asked_until_it_answers_and_at_once_when_told_to(application: Application, tmp_path: Path) -> None:
    async def scenario() -> None:
        application.paint()  # lets Qt work off its events, in which no task may go on while this one runs: so before there is another
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"  # bound, but nobody listens
            remote = Application(Options(tmp_path / "elsewhere", connect=url, language="en", theme="light", panels=SETTINGS))
            remote.paint()
            await remote.start()
            assert remote.window is not None
            form = remote.window.sign_in
            await until(form.problem)
            assert form.problem() == f"The server does not answer at {url}"
        await until(lambda: application.host.status.is_ready)
        remote.services.api.set_url(application.host.url)
        form.retry_requested.emit()
        await until(lambda: remote.services.session.state.phase is SessionPhase.NEEDS_ACCOUNT)
        await remote.stop()
        await application.start()
        await application.stop()

    (tmp_path / "elsewhere").mkdir()
    run_on_qt(scenario())
