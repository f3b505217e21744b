import json
import pickle
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.events import Kind
from embedded_server.tasks.outcomes import MAX_REPR_CHARS, Outcome, read_outcomes_blocking
from tests.unit.tasks.test_results import store

DONE = {"date_done": "2023-11-14 22:13:24.250000", "worker": "celery@host"}
DONE_NS = 1_700_000_004_250_000_000


def error(*message: object) -> bytes:
    return json.dumps({"exc_type": "Refused", "exc_message": message, "exc_module": "shop"}).encode()


def only(path: Path) -> Outcome:
    (outcome,) = read_outcomes_blocking(path, ["t1"]).values()
    return outcome


@pytest.mark.parametrize(
    ("fields", "kind", "told"),
    [
        ({"result": b'"paid"'}, Kind.TASK_SUCCEEDED, "'paid'"),
        ({"result": b"18446744073709551617"}, Kind.TASK_SUCCEEDED, "18446744073709551617"),
        ({"status": "FAILURE", "result": error("no", 7)}, Kind.TASK_FAILED, "Refused('no', 7)"),
        ({"status": "REVOKED", "result": error("terminated")}, Kind.TASK_REVOKED, "terminated"),
        ({"status": "REVOKED", "result": error("revoked")}, Kind.TASK_REVOKED, ""),
    ],
)
def test_an_outcome_is_told_as_its_event_tells_it(tmp_path: Path, fields: dict[str, Any], kind: Kind, told: str) -> None:
    path = tmp_path / "results.db"
    store(path, **DONE, **fields)
    assert only(path) == Outcome(kind, DONE_NS, "celery@host", told)


def test_tasks_that_are_not_over_have_no_outcome(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    for state in ("PENDING", "STARTED", "RETRY", "halfway"):
        store(path, state, status=state, **DONE)
    store(path, "undated", date_done=None)
    assert read_outcomes_blocking(path, ["PENDING", "STARTED", "RETRY", "halfway", "undated", "unknown"]) == {}


def test_more_tasks_than_one_query_takes_are_found(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    store(path, "first", result=b"1", **DONE)
    store(path, "last", result=b"2", **DONE)
    ids = ["first", *(f"no{number}" for number in range(1200)), "last"]
    assert {task_id: outcome.told for task_id, outcome in read_outcomes_blocking(path, ids).items()} == {"first": "1", "last": "2"}


@pytest.mark.parametrize("result", [json.dumps("x" * 5000).encode(), b"[" * 3000 + b"]" * 900, b'"\\ud800"', b"\xff\xfe", None])
def test_whatever_the_result_is_it_is_told_short_and_can_be_written(tmp_path: Path, result: bytes | None) -> None:
    path = tmp_path / "results.db"
    store(path, result=result, **DONE)
    told = only(path).told
    assert len(told.encode()) <= MAX_REPR_CHARS


def test_a_pickle_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    store(path, result=pickle.dumps("x"), **DONE)
    assert only(path).told == ""


def test_a_traceback_that_is_no_utf8_hides_no_outcome(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    store(path, status="FAILURE", result=error("no"), **DONE)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE celery_taskmeta SET traceback = CAST(x'ff41' AS TEXT)")
    db.close()
    assert only(path).traceback == "\ufffdA"


def test_a_missing_file_and_a_foreign_one_have_no_outcomes(tmp_path: Path) -> None:
    assert read_outcomes_blocking(tmp_path / "none.db", ["t1"]) == {}
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"no database" * 100)
    assert read_outcomes_blocking(foreign, ["t1"]) == {}
