"""The names known of each broker: kept over restarts, bounded, and only a help."""

from pathlib import Path

import pytest

from embedded_server.rabbitmq.holdings.known import BUILT_IN, MOST_NAMES, KnownNames


async def test_what_is_noted_is_there_after_a_restart(tmp_path: Path) -> None:
    known = KnownNames(tmp_path / "known.json")
    await known.start()
    known.note_queue("c", "/", "b")
    known.note_queue("c", "/", "a")
    known.note_queue("c", "other", "z")
    known.note_exchange("c", "/", "x", "topic")
    known.note_exchange("c", "/", "x")
    known.note_queue("d", "/", "elsewhere")
    known.forget_queue("c", "other", "z")
    await known.stop()
    again = KnownNames(tmp_path / "known.json")
    await again.start()
    assert again.queues("c", "/") == ["a", "b"]
    assert again.queues("c", "other") == []
    assert again.exchanges("c", "/") == dict(sorted({**BUILT_IN, "x": "topic"}.items()))
    again.drop("c")
    again.forget_exchange("c", "/", "x")
    assert (again.queues("c", "/"), again.queues("d", "/")) == ([], ["elsewhere"])
    assert again.vhosts("c") == []
    await again.stop()


async def test_names_met_longest_ago_go_first(tmp_path: Path) -> None:
    known = KnownNames(tmp_path / "known.json")
    for number in range(MOST_NAMES + 5):
        known.note_queue("c", "/", f"q{number}")
    assert len(known.queues("c", "/")) == MOST_NAMES
    assert "q4" not in known.queues("c", "/")
    assert "q5" in known.queues("c", "/")
    await known.stop()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"c": 5}', b'{"c": {"/": {"queues": 1}}}', b"\xff"])
async def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(content)
    known = KnownNames(path)
    await known.start()
    assert known.queues("c", "/") == []
    known.note_queue("c", "/", "q")
    await known.stop()
    again = KnownNames(path)
    await again.start()
    assert again.queues("c", "/") == ["q"]


async def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    known = KnownNames(tmp_path / "file" / "known.json")
    with caplog.at_level("WARNING"):
        await known.start()
        known.note_queue("c", "/", "q")
        await known.stop()
    assert known.queues("c", "/") == ["q"]
    assert "could not be kept" in caplog.text
    caplog.clear()
