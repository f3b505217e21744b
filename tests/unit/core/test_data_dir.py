"""A data directory is private and belongs to one server at a time."""

import os
import sys
from pathlib import Path

import pytest

from embedded_server.core.data_dir import DataDir, DataDirInUse, DataDirUnwritable

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


def test_second_server_is_refused_with_the_address_of_the_first(tmp_path: Path) -> None:
    first = DataDir(tmp_path)
    first.claim()
    first.publish("http://127.0.0.1:4000")
    with pytest.raises(DataDirInUse, match=r"http://127\.0\.0\.1:4000"):
        DataDir(tmp_path).claim()
    first.release()


def test_released_directory_can_be_claimed_again(tmp_path: Path) -> None:
    first = DataDir(tmp_path)
    first.claim()
    first.claim()
    first.release()
    first.release()
    second = DataDir(tmp_path)
    second.claim()
    second.release()


def test_shorter_address_replaces_a_longer_one(tmp_path: Path) -> None:
    first = DataDir(tmp_path)
    first.claim()
    first.publish("http://127.0.0.1:40000")
    first.publish("http://[::1]:1")
    with pytest.raises(DataDirInUse, match=r"at http://\[::1\]:1$"):
        DataDir(tmp_path).claim()
    first.release()


@posix_only
def test_directory_and_lock_are_for_the_owner_only(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "deep" / "data")
    data_dir.claim()
    assert data_dir.path.stat().st_mode & 0o777 == 0o700
    assert (data_dir.path / "server.lock").stat().st_mode & 0o777 == 0o600
    data_dir.release()


@posix_only
def test_directory_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    data_dir = DataDir(tmp_path)
    data_dir.claim()
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    data_dir.release()


def test_path_below_a_file_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirUnwritable, match="file"):
        DataDir(tmp_path / "file" / "data").claim()


@posix_only
@pytest.mark.skipif(os.geteuid() == 0 if sys.platform != "win32" else False, reason="root may write everywhere")
def test_read_only_directory_is_unwritable(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataDirUnwritable):
        DataDir(tmp_path / "data").claim()
