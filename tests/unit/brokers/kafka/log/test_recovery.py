"""Coming back after a crash: each batch that was written is there, what is torn is cut and said, what is damaged is made anew."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.brokers.kafka.log import loading
from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.log.segment import Segment
from embedded_server.brokers.kafka.log.stored import CHECKPOINT_BYTES
from embedded_server.brokers.sqlite_errors import StoreUnusable
from tests.helpers.kafka_batches import NOW_MS, By, Rec, batch, noise, numbered, read_back
from tests.unit.brokers.kafka.log.life import TOPIC, Life, all_of

LOG = "00000000000000000000.log"
WARNING = "embedded_server.brokers.kafka.log.logs"


@pytest.fixture(autouse=True)
def _repairs_are_expected(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", WARNING)


def test_everything_is_there_after_a_kill(life: Life) -> None:
    for number in range(30):
        life.send(numbered(number % 4 + 1))
    before = life.records()
    log = life.kill_and_return()
    assert read_back(all_of(log)) == before
    assert life.logs.repairs == []
    assert log.leader_epoch == 0


def test_a_torn_batch_is_cut_wherever_it_is_torn_and_said(tmp_path: Path) -> None:
    life = Life(tmp_path / "kafka")
    life.send(numbered(3))
    whole = life.log().bytes
    life.send(numbered(2), By(7, 0, 0))
    size = life.log().bytes
    content = life.path(LOG).read_bytes()
    life.logs.close()
    for kept in range(whole + 1, size):
        life.path(LOG).write_bytes(content[:kept])
        (life.path("00000000000000000005.snapshot")).unlink(missing_ok=True)
        life.logs._files.close()
        life = Life(tmp_path / "kafka")
        life.log().summary = None
        assert (life.log().end, life.log().bytes) == (3, whole)
        assert life.logs.repairs == [f"{TOPIC}-0: {kept - whole} bytes of a torn batch were cut off at offset 3"]
        assert life.log().producers() == []
        assert life.send(numbered(1)).base_offset == 3
        life.logs.close()


@settings(max_examples=30)
@given(st.binary(min_size=1, max_size=300), st.booleans())
def test_whatever_garbage_follows_is_cut(tmp_path_factory: pytest.TempPathFactory, garbage: bytes, after_checkpoint: bool) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    life = Life(folder)
    life.send(numbered(3))
    if after_checkpoint:
        life.log().checkpoint()
    with life.path(LOG).open("ab") as file:
        file.write(garbage)
    life.kill_and_return()
    assert life.log().end == 3
    assert len(life.logs.repairs) == 1
    assert life.log().leader_epoch == 1
    assert life.log().epoch_end(0) == (0, 3)
    assert len(life.records()) == 3
    life.logs.close()
    shutil.rmtree(folder)


def test_a_batch_whose_bytes_changed_behind_the_checkpoint_is_cut(life: Life) -> None:
    life.send(numbered(3))
    whole = life.log().bytes
    life.send(numbered(3))
    content = bytearray(life.path(LOG).read_bytes())
    content[whole + 70] ^= 1
    life.path(LOG).write_bytes(content)
    assert life.kill_and_return().end == 3
    assert "torn batch" in life.logs.repairs[0]


def test_only_what_lies_behind_the_last_checkpoint_is_read_again(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    value = noise(200_000)
    for number in range(CHECKPOINT_BYTES // 200_000 * 3):
        life.send([Rec(value=value)] * 2, By(7, 0, number * 2))
    read = []
    real = Segment.bytes_at

    def counted(self: Segment, position: int, size: int) -> bytes:
        read.append(size)
        return real(self, position, size)

    with monkeypatch.context() as patched:
        patched.setattr(Segment, "bytes_at", counted)
        log = life.kill_and_return()
        log.open()
    assert log.bytes > 4 * CHECKPOINT_BYTES
    assert sum(read) < 3 * CHECKPOINT_BYTES
    assert log.producers()[0].last_sequence == CHECKPOINT_BYTES // 200_000 * 3 * 2 - 1


def _filled(life: Life) -> list[bytes | None]:
    """Several segments with indexes."""
    life.log(segment_bytes="20000")
    for number in range(100):
        life.send([Rec(b"%d" % number, noise(300), NOW_MS + number * 10)] * 3)
    return [one.key for one in life.records()]


@pytest.mark.parametrize("suffix", [".index", ".timeindex", ".snapshot", "state.json"])
@pytest.mark.parametrize("harm", ["lost", "torn", "foreign", "negative", "zeros behind"])
def test_whatever_is_beside_the_logs_may_be_lost_or_damaged(life: Life, suffix: str, harm: str) -> None:
    keys = _filled(life)
    life.log().checkpoint()
    life.logs._files.close()
    for name in life.files:
        if name.endswith(suffix):
            path = life.path(name)
            if harm == "lost":
                path.unlink()
            elif harm == "torn":
                path.write_bytes(path.read_bytes()[:-3])
            elif harm == "zeros behind":
                path.write_bytes(path.read_bytes() + bytes(96))
            else:
                path.write_bytes((b"\xff" if harm == "negative" else b"\x7f") * max(path.stat().st_size, 24))
    log = life.kill_and_return()
    assert [one.key for one in read_back(all_of(log))] == keys
    for number in (0, 1, 50, 99):
        found = log.offset_for_time(NOW_MS + number * 10)
        assert found is not None
        assert (found.offset, found.timestamp) == (number * 3, NOW_MS + number * 10)
    assert log.read(150, 1000, below=log.end, at_least_one=True)
    life.tidy()  # not a segment is taken for an old one
    assert [one.key for one in life.records()] == keys
    assert life.logs.repairs == []


def test_an_index_that_knows_more_than_the_log_is_cut_with_it(life: Life) -> None:
    life.log()
    sizes = [0]
    for number in range(40):
        life.send([Rec(b"%d" % number, noise(3000), NOW_MS + number)])
        sizes.append(life.log().bytes)
    life.log().segments.active.seal()
    with life.path(LOG).open("r+b") as file:  # as a loss of power leaves it
        file.truncate(sizes[17] + 100)
    log = life.kill_and_return()
    assert (log.end, log.bytes) == (17, sizes[17])
    assert log.max_timestamp() == log.offset_for_time(NOW_MS + 16)
    assert log.offset_for_time(NOW_MS + 17) is None
    life.send([Rec(b"again", b"", NOW_MS + 99)])
    found = log.offset_for_time(NOW_MS + 17)
    assert found is not None
    assert found.offset == 17


def test_a_lost_segment_is_named_and_the_others_are_read(life: Life) -> None:
    _filled(life)
    bases = life.log().segments.bases
    assert len(bases) > 4
    life.path(f"{bases[2]:020}.log").unlink()
    log = life.kill_and_return()
    assert (log.start, log.end) == (0, 300)
    assert life.logs.repairs == [
        f"{TOPIC}-0: the segment {bases[2]:020}.log is gone; its records from offset {bases[2]} on are lost",
    ]
    assert {one.offset for one in life.records()} == set(range(300)) - set(range(bases[2], bases[3]))
    assert log.leader_epoch == 0


def test_offsets_go_on_behind_a_lost_active_segment(life: Life) -> None:
    _filled(life)
    last = life.log().segments.bases[-1]
    life.path(f"{last:020}.log").unlink()
    log = life.kill_and_return()
    assert log.end == last
    assert life.send(numbered(1)).base_offset == last


def test_a_folder_that_is_in_no_list_becomes_a_topic_again(life: Life) -> None:
    keys = _filled(life)
    life.logs.create("two", 2, {}).partitions[1].append(batch(numbered(4)), now_ms=NOW_MS)
    life.logs.close()
    for stranger in ("backup-20260124", "my orders-1", "orders-copy"):
        (life.folder / stranger).mkdir()
    (life.folder / "topics.sqlite3").write_bytes(b"nothing that could be read" * 50)
    life.logs.close()
    life = Life(life.folder)
    assert {name: len(topic.partitions) for name, topic in life.logs.topics.items()} == {TOPIC: 1, "two": 2}
    assert life.logs.topics["two"].partitions[1].end == 4
    assert [one.key for one in life.records()] == keys
    assert any("topics.sqlite3.damaged-" in path.name for path in life.folder.iterdir())
    assert all("not in the list of topics" in one for one in life.logs.repairs)
    life.logs.close()


def test_after_a_good_end_a_log_tells_its_length_without_being_opened(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    life.send(numbered(4))
    life.send(numbered(1), By(7, 0, 0, transactional=True))
    size = life.log().bytes

    def refuse(*_: object) -> None:
        raise AssertionError("it was opened")

    with monkeypatch.context() as patched:
        patched.setattr(loading, "load", refuse)
        log = life.close_and_return()
        assert (log.start, log.end, log.stable, log.bytes) == (0, 5, 4, size)
    assert len(all_of(log)) == 1


def test_what_a_good_end_told_counts_for_one_start_only(life: Life) -> None:
    life.send(numbered(4))
    life.close_and_return()
    life.send(numbered(4))
    assert life.kill_and_return().end == 8


def test_logs_a_crash_left_unseen_are_looked_at_without_being_asked(life: Life) -> None:
    life.send(numbered(3))
    with life.path(LOG).open("ab") as file:
        file.write(b"torn")
    life.kill_and_return()
    assert life.logs.repairs == []
    life.tidy()
    assert life.logs.repairs == [f"{TOPIC}-0: 4 bytes of a torn batch were cut off at offset 3"]


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "kafka").write_bytes(b"")
    with pytest.raises(StoreUnusable, match="cannot keep its messages"):
        Logs(tmp_path / "kafka").open()
