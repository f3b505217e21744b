"""Lines of a child's output get the level their program meant."""

import pytest

from embedded_server.core.log_lines import LineLevels


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("[2026-11-24 10:00:00,000: WARNING/MainProcess] hello", "WARNING"),
        ("ERROR embedded_server: no", "ERROR"),
        ("FATAL: gone", "CRITICAL"),
        ("WARN old spelling", "WARNING"),
        ("plain words", "INFO"),
        ("an ERRORS table", "INFO"),
        ("", "INFO"),
    ],
)
def test_level_is_read_from_the_line(line: str, level: str) -> None:
    assert LineLevels().level_of(line) == level


def test_level_far_right_belongs_to_the_message() -> None:
    assert LineLevels().level_of("x" * 120 + " ERROR") == "INFO"


def test_traceback_is_an_error_to_its_last_line() -> None:
    levels = LineLevels()
    lines = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    boom()", "ValueError: no", "next line"]
    assert [levels.level_of(line) for line in lines] == ["ERROR"] * 4 + ["INFO"]


def test_indented_lines_continue_their_record() -> None:
    levels = LineLevels()
    assert [levels.level_of(line) for line in ["DEBUG a", "  more", "b"]] == ["DEBUG", "DEBUG", "INFO"]
