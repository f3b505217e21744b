"""Reasons the server writes, said in the window's language."""

import signal
import sys
from collections.abc import Iterator

import pytest

from desktop.core import server_reasons
from desktop.core.i18n import set_language
from desktop.core.server_reasons import reason_text
from embedded_server.core.process import describe_exit


@pytest.fixture
def chinese() -> Iterator[None]:
    set_language("zh_TW")
    yield
    set_language("en")


def is_known(reason: str) -> bool:
    return any(form.fullmatch(reason) for form, _ in server_reasons._FORMS)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to be killed by")
@pytest.mark.parametrize("status", [0, 1, 127, -int(signal.SIGTERM), -250])
def test_every_way_a_process_ends_is_known(status: int) -> None:
    assert is_known(describe_exit(status))


def test_a_known_reason_is_told_in_the_users_language_with_its_figures(chinese: None) -> None:
    assert "SIGKILL" in reason_text("Killed by SIGKILL")
    assert not reason_text("Killed by SIGKILL").startswith("Killed")
    told = reason_text("Ended with exit status 3: no such module")
    assert "no such module" in told
    assert not told.startswith("Ended")


def test_any_other_reason_is_told_as_it_came(chinese: None) -> None:
    assert reason_text("The broker closed the door") == "The broker closed the door"
    assert reason_text("") == ""
