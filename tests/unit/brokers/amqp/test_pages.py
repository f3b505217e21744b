"""Room for packed messages: memory first, then files that go when they are used up."""

import contextlib
import errno
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.brokers.amqp.pages import Page, PageFile, Pages


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_memory_is_used_first_and_again_once_it_is_free(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "p", memory_limit=10)
    first = pages.put(b"12345678")
    second = pages.put(b"abcdefgh")
    assert (pages.memory_bytes, files(tmp_path / "p")) == (8, ["000001.pages"])
    assert (first.read(), second.read()) == (b"12345678", b"abcdefgh")
    first.drop()
    assert pages.memory_bytes == 0
    pages.put(b"again")
    assert pages.memory_bytes == 5
    pages.close()


def test_file_goes_with_its_last_page(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "p", memory_limit=0, file_bytes=10)
    some = [pages.put(b"12345") for _ in range(5)]
    assert files(tmp_path / "p") == ["000001.pages", "000002.pages", "000003.pages"]
    some[0].drop()
    some[2].drop()
    assert len(files(tmp_path / "p")) == 3
    some[1].drop()
    assert files(tmp_path / "p") == ["000002.pages", "000003.pages"]
    assert [page.read() for page in some[3:]] == [b"12345"] * 2
    pages.close()
    assert files(tmp_path) == []


def test_dropping_twice_frees_once() -> None:
    pages = Pages()
    page = pages.put(b"123")
    pages.put(b"4")
    page.drop()
    page.drop()
    assert pages.memory_bytes == 1


def test_what_a_killed_broker_left_behind_goes(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "000001.pages").write_bytes(b"left behind")
    pages = Pages(tmp_path / "p")
    assert files(tmp_path / "p") != []
    pages.sweep()
    assert files(tmp_path / "p") == []


def test_full_disk_keeps_messages_in_memory_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pages = Pages(tmp_path / "p", memory_limit=4)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(PageFile, "append", _full)
        assert [pages.put(b"12345").read() for _ in range(2)] == [b"12345"] * 2
        assert pages.is_overfull()
    assert [record.message for record in caplog.records] == [
        "Cannot move waiting messages to the disk, they stay in memory: [Errno 28] No space left on device"
    ]
    assert pages.put(b"678").read() == b"678"
    assert not pages.is_overfull()
    pages.close()


def _full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=30), st.data())
def test_every_page_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, some: list[bytes], data: st.DataObject) -> None:
    with contextlib.closing(Pages(tmp_path_factory.mktemp("pages") / "p", memory_limit=50, file_bytes=100)) as pages:
        kept: list[tuple[bytes, Page]] = []
        for one in some:
            kept.append((one, pages.put(one)))
            if data.draw(st.booleans()):
                _, page = kept.pop(data.draw(st.integers(0, len(kept) - 1)))
                page.drop()
        assert [page.read() for _, page in kept] == [one for one, _ in kept]
        for _, page in kept:
            page.drop()
        assert pages.memory_bytes == 0
