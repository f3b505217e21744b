"""The server's log goes into the journal and a file, and never carries a secret."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server.contracts.events import Event, Kind
from embedded_server.core import log_capture
from embedded_server.core.log_capture import LogCapture, line_log, log_event, masked


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def capture(events: list[Event], tmp_path: Path) -> Iterator[LogCapture]:
    capture = LogCapture(events.append, tmp_path / "log")
    capture.start()
    yield capture
    capture.stop()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer abcDEF123_-xyz9876", "abcDEF"),
        ('{"token": "abcDEF123"}', "abcDEF"),
        ("password=hunter22 rest", "hunter22"),
        ("amqp://guest:s3cret@127.0.0.1:5672//", "s3cret"),
        ("bearer abcDEF123_-xyz9876", "abcDEF"),
    ],
)
def test_secrets_are_masked(text: str, kept: str) -> None:
    assert kept not in masked(text)
    assert "***" in masked(text)


@pytest.mark.parametrize("text", ["token bucket is full", "GET http://127.0.0.1:80/a@b", "nothing here", "secretary: Ada"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert masked(text) == text


def test_record_becomes_an_event_with_its_level_and_logger(capture: LogCapture, events: list[Event]) -> None:
    logging.getLogger("switchroom.test").info("listening on %s", "port 1")
    (event,) = events
    assert (event.kind, event.subject, event.key, event.status, event.preview) == (
        Kind.SERVER_LOG,
        "server",
        "switchroom.test",
        "INFO",
        "listening on port 1",
    )


def test_traceback_is_in_the_body_and_the_preview_is_one_line(
    capture: LogCapture, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="switchroom.test"):
        try:
            int("broken")
        except ValueError:
            logging.getLogger("switchroom.test").exception("it failed")
    (event,) = events
    assert b"Traceback" in event.body
    assert event.size == len(event.body)
    assert "\n" not in event.preview


def test_a_record_made_while_appending_does_not_recurse(tmp_path: Path) -> None:
    made: list[Event] = []

    def append(event: Event) -> None:
        made.append(event)
        logging.getLogger("elsewhere").info("appending")

    capture = LogCapture(append, tmp_path)
    capture.start()
    try:
        logging.getLogger("here").info("once")
    finally:
        capture.stop()
    assert [event.key for event in made] == ["here"]


def test_the_journals_own_records_go_to_the_file_only(capture: LogCapture, events: list[Event], tmp_path: Path) -> None:
    logging.getLogger("embedded_server.journal.writer").info("batch written")
    assert events == []
    assert "batch written" in (tmp_path / "log" / "server.log").read_text()


def test_file_has_every_record_masked_and_is_private(capture: LogCapture, tmp_path: Path) -> None:
    logging.getLogger("a").info("Authorization: Bearer abcdefghijklmnop")
    path = tmp_path / "log" / "server.log"
    assert "Bearer ***" in path.read_text()
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_rotated_files_are_private_too(events: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_capture, "_FILE_BYTES", 200)
    capture = LogCapture(events.append, tmp_path)
    capture.start()
    for number in range(10):
        logging.getLogger("a").info("line %d %s", number, "x" * 50)
    capture.stop()
    kept = list(tmp_path.iterdir())
    assert len(kept) > 1
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_nothing_is_captured_after_stop(events: list[Event], tmp_path: Path) -> None:
    capture = LogCapture(events.append, tmp_path)
    capture.start()
    capture.stop()
    capture.stop()
    logging.getLogger("a").info("late")
    assert events == []


def test_custom_level_is_shown_as_the_standard_one_below(capture: LogCapture, events: list[Event]) -> None:
    logging.getLogger("a").log(25, "between")
    assert events[0].status == "INFO"


def test_childs_lines_are_events_of_its_part_and_blank_ones_are_not(events: list[Event]) -> None:
    log = line_log(events.append)
    log("worker", "WARNING", "slow")
    log("worker", "INFO", "   ")
    assert [(event.subject, event.status, event.preview) for event in events] == [("worker", "WARNING", "slow")]


def test_long_text_is_whole_in_the_body_and_short_in_the_preview() -> None:
    event = log_event("server", "INFO", "é" * 10_000)
    assert len(event.preview) == 256
    assert event.body.decode() == "é" * 10_000
