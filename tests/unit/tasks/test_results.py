import json
import logging
import pickle
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from embedded_server.tasks.results import prepare_blocking, read_blocking


def store(path: Path, task_id: str = "t1", **fields: Any) -> None:
    """Write a row as Celery's database back end does."""
    names = ("task_id", "status", "result", "date_done", "traceback", "args", "kwargs", "worker", "queue")
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE IF NOT EXISTS celery_taskmeta ({', '.join(names)})")
        row = {"task_id": task_id, "status": "SUCCESS", "date_done": "2999-01-01 00:00:00.000000", **fields}
        db.execute(f"INSERT INTO celery_taskmeta VALUES ({','.join('?' * len(names))})", [row.get(name) for name in names])
    db.close()


def test_results_and_arguments_come_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    store(path, result=b'{"n": 18446744073709551617}', args=b"[9223372036854775807]", kwargs=b"{}", queue="q")
    stored = read_blocking(path, "t1")
    assert stored is not None
    assert stored.result == '{"n": 18446744073709551617}'
    assert (stored.args_json, stored.kwargs_json, stored.queue) == ("[9223372036854775807]", "{}", "q")


def test_an_error_is_told_by_its_type_and_message(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    told = {"exc_type": "ValueError", "exc_message": ["no", 7], "exc_module": "builtins"}
    store(path, status="FAILURE", result=json.dumps(told).encode(), traceback="Traceback ...")
    stored = read_blocking(path, "t1")
    assert stored is not None
    assert (stored.exception, stored.traceback, stored.result) == ("ValueError: no, 7", "Traceback ...", "")


def test_a_pickled_result_is_left_alone(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    path = tmp_path / "results.db"
    store(path, result=pickle.dumps(Bomb()), args=pickle.dumps(Bomb()), kwargs=b"[]")
    stored = read_blocking(path, "t1")
    assert stored is not None
    assert (stored.result, stored.args_json, stored.kwargs_json) == ("", "", "")


def test_an_unknown_task_a_missing_file_and_a_foreign_file_have_no_result(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    assert read_blocking(path, "t1") is None
    store(path)
    assert read_blocking(path, "other") is None
    other = tmp_path / "other.db"
    other.write_bytes(b"no database")
    assert read_blocking(other, "t1") is None


def test_old_results_leave_when_the_server_starts(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    store(path, "old", date_done="2001-01-01 00:00:00.000000", result=b"1")
    store(path, "new", result=b"2")
    prepare_blocking(path, 3600)
    assert read_blocking(path, "old") is None
    assert read_blocking(path, "new") is not None


def test_a_damaged_file_is_set_aside_and_never_deleted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "results.db"
    path.write_bytes(b"damaged" * 1000)
    with caplog.at_level(logging.WARNING, logger="embedded_server.tasks.results"):
        prepare_blocking(path, 3600)
    (aside,) = tmp_path.glob("results.damaged-*.db")
    assert aside.read_bytes() == b"damaged" * 1000
    assert aside.name in caplog.text
    store(path, result=b"1")
    assert read_blocking(path, "t1") is not None
