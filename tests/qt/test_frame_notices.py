import asyncio
import logging

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.problems import NotSignedIn, ServerUnreachable
from desktop.services.notices import Notice, NoticeAction, Notices, Severity
from desktop.views.frame.toasts import CLOSE_PX, HEADER_TOP_PX, MAX_SHOWN, Toasts
from embedded_server.contracts.problems import N_, ProblemDetails, UserFacingError


class NoBroker(UserFacingError):
    title = N_("No broker answers at {address}")
    hint = N_("Start it.")


@pytest.fixture
def notices(qtbot: QtBot) -> Notices:
    return Notices()


@pytest.fixture
def toasts(qtbot: QtBot, notices: Notices) -> Toasts:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    return Toasts(notices, window, top=50)


def test_a_user_facing_error_becomes_its_title_and_hint(notices: Notices) -> None:
    notices.from_exception(NoBroker(address="h:1"))
    assert [(n.title, n.hint, n.severity) for n in notices.standing()] == [("No broker answers at h:1", "Start it.", Severity.ERROR)]


def test_cancellation_and_a_lost_session_are_no_notices(notices: Notices) -> None:
    notices.from_exception(asyncio.CancelledError())
    notices.from_exception(NotSignedIn(ProblemDetails("t", "Ended", 401)))
    assert notices.standing() == []


def test_while_the_banner_tells_that_the_server_is_away_requests_do_not_tell_it_again(notices: Notices) -> None:
    notices.server_down = True
    notices.from_exception(ServerUnreachable("h:1"))
    assert notices.standing() == []


def test_an_unexpected_error_is_logged_each_time_and_told_once(notices: Notices, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("secret inside")

    with caplog.at_level(logging.ERROR, logger="desktop.services.notices"):
        for _ in range(3):
            try:
                fail()
            except RuntimeError as exc:
                notices.from_exception(exc)
    (notice,) = notices.standing()
    assert notice.times == 3
    assert "secret" not in notice.title + notice.hint
    assert len([record for record in caplog.records if record.exc_info]) == 3


def test_the_same_message_counts_up_instead_of_stacking(notices: Notices, toasts: Toasts) -> None:
    notices.error("Full")
    notices.error("Full")
    assert len(toasts.toasts()) == 1
    assert toasts.toasts()[0].accessibleName() == "Full (2 times)."


def test_errors_stay_and_the_rest_leaves(notices: Notices, toasts: Toasts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.views.frame.toasts.INFO_MS", 1)
    notices.error("Broken")
    notices.info("Copied")
    qtbot.waitUntil(lambda: len(toasts.toasts()) == 1)
    assert notices.standing()[0].title == "Broken"


def test_the_hint_is_a_button_where_it_can_be_one(notices: Notices, toasts: Toasts) -> None:
    ran: list[str] = []
    notices.error("No worker runs", "Start one.", NoticeAction("Start a worker", lambda: ran.append("started")))
    button = toasts.toasts()[0].findChild(QPushButton)
    assert isinstance(button, QPushButton)
    button.click()
    assert ran == ["started"]
    assert toasts.toasts() == []


def test_a_notice_can_be_dismissed_and_says_so_to_screen_readers(notices: Notices, toasts: Toasts) -> None:
    notices.error("Broken")
    button = toasts.toasts()[0].findChild(QToolButton)
    assert isinstance(button, QToolButton)
    assert button.accessibleName() == "Dismiss"
    button.click()
    assert notices.standing() == []


def test_the_oldest_leaves_when_there_are_too_many(notices: Notices, toasts: Toasts) -> None:
    for number in range(MAX_SHOWN + 2):
        notices.error(f"E{number}")
    assert [notice.title for notice in notices.standing()] == [f"E{number}" for number in range(2, MAX_SHOWN + 2)]
    assert len(toasts.toasts()) == MAX_SHOWN


def test_notices_are_logged(notices: Notices, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="desktop.services.notices"):
        notices.warn("Nearly full", "Purge.")
    assert "Nearly full Purge." in caplog.text


def test_notices_of_before_are_shown_by_a_new_window(notices: Notices, qtbot: QtBot) -> None:
    notice = notices.error("Early")
    window = QWidget()
    qtbot.addWidget(window)
    assert isinstance(notice, Notice)
    assert len(Toasts(notices, window, top=0).toasts()) == 1


def test_notices_leave_the_close_buttons_at_the_right_edge_free(notices: Notices, toasts: Toasts) -> None:
    notices.info("Saved")
    window = toasts.parentWidget()
    assert window is not None
    assert toasts.geometry().right() < window.width() - CLOSE_PX
    assert toasts.y() == 50


def test_notices_use_the_free_room_of_the_header_while_no_banner_stands_there(notices: Notices, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    toasts = Toasts(notices, window, top=50, free=lambda: QRect(500, 14, 600, 32))
    notices.info("Saved")
    assert (toasts.y(), toasts.geometry().right()) == (HEADER_TOP_PX, 1099)
    toasts.set_top(100)
    assert toasts.y() == 100
