"""What the Server panel says of parts, of the journal and of levels."""

from dataclasses import replace

import pytest

from desktop.core.server_words import events_kept, fills, log_filter, losses, note_tone, part_note, part_state, part_title, uptime
from embedded_server.contracts.server import JournalStatus, Part, PartState

S = 1_000_000_000
NOW = 1_795_000_000 * S
PART = Part("worker", PartState.RUNNING, "", 4711, "", NOW - 60 * S, 0, 0)
JOURNAL = JournalStatus("e", 101, 1100, 50_000_000, 0, 0, NOW - 7 * 86_400 * S, 2000, 100_000_000, 14 * 86_400, "")


def test_known_parts_have_titles_and_unknown_ones_keep_their_name() -> None:
    assert part_title("worker") == "Celery worker"
    assert part_title("unheard") == "unheard"


@pytest.mark.parametrize("state", PartState)
def test_every_state_has_a_word_and_a_colour(state: PartState) -> None:
    word, tone = part_state(replace(PART, state=state))
    assert word
    assert tone in {"ok", "run", "wait", "warn", "bad"}


def test_part_that_is_well_tells_its_address() -> None:
    part = replace(PART, address="127.0.0.1:1")
    assert (part_note(part, NOW), note_tone(part)) == ("127.0.0.1:1", "dim")


def test_part_that_came_back_tells_why_it_was_away() -> None:
    part = replace(PART, reason="Killed by SIGKILL", restarts=1, address="a")
    assert (part_note(part, NOW), note_tone(part)) == ("Started again: Killed by SIGKILL", "warn")


def test_waiting_part_counts_down() -> None:
    part = replace(PART, state=PartState.WAITING, reason="Ended with exit status 1", retry_at=NOW + 3 * S - 1)
    assert part_note(part, NOW) == "Ended with exit status 1. Starts again in 3 s"


def test_failed_part_tells_its_reason_in_red() -> None:
    part = replace(PART, state=PartState.FAILED, reason="Cannot be started")
    assert (part_note(part, NOW), note_tone(part)) == ("Cannot be started", "bad")


def test_uptime_is_in_whole_seconds_and_a_dash_where_nothing_runs() -> None:
    assert uptime(NOW - 90 * S - 1, NOW) == "1 m 30 s"
    assert uptime(0, NOW) == "\u2013"


def test_fill_is_told_by_count_bytes_and_age() -> None:
    assert [(fill.share, fill.text) for fill in fills(JOURNAL, NOW)] == [
        (0.5, "1,000 events of 2,000"),
        (0.5, "50 MB of 100 MB"),
        (0.5, "oldest 7 d 00 h of 14 days"),
    ]


def test_empty_journal_is_empty_by_every_limit() -> None:
    empty = replace(JOURNAL, first_seq=1, last_seq=0, bytes=0, oldest_at=0)
    assert events_kept(empty) == 0
    assert [fill.share for fill in fills(empty, NOW)] == [0.0, 0.0, 0.0]


def test_what_was_dropped_is_told_first_and_in_amber() -> None:
    assert losses(JOURNAL) == ("Nothing dropped, nothing removed yet", "dim")
    assert losses(replace(JOURNAL, trimmed=3)) == ("3 events removed by retention", "dim")
    text, tone = losses(replace(JOURNAL, dropped=2, trimmed=3))
    assert text.startswith("2 events could not be kept")
    assert tone == "warn"


def test_levels_narrow_the_log() -> None:
    assert log_filter("all") == "kind:server.log"
    assert log_filter("info") == "kind:server.log -status:DEBUG"
    assert log_filter("error") == "kind:server.log (status:ERROR OR status:CRITICAL)"
