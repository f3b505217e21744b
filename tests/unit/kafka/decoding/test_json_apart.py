"""Checks that never end: they are ended, the next one is answered, and nothing else in the server waits meanwhile."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server.contracts.kafka import Format, LocalSchema, Reading
from embedded_server.kafka.decoding import json_schema as json_schema_module
from embedded_server.kafka.decoding.json_apart import COMMAND, ChecksApart, Fault, FaultKind, Question
from embedded_server.kafka.decoding.json_schema import JsonSchema
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.problems import NotWritable, SchemaCheckTooLong, SchemaMismatch, SchemaUnresolved
from embedded_server.kafka.decoding.report import Reporter
from embedded_server.kafka.decoding.sides import SideReader

EVIL = '{"properties": {"a": {"pattern": "^(a+)+$"}}}'
FOREVER = json.dumps({"a": "a" * 60 + "!"})
FANNING = json.dumps(
    {"$ref": "#/$defs/n0", "$defs": {f"n{at}": {"allOf": [{"$ref": f"#/$defs/n{at + 1}"}] * 2} for at in range(60)} | {"n60": {}}}
)
LIMIT_S = 20.0
"""Of a check that ends by itself."""


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChecksApart]:
    made = ChecksApart(limit_s=LIMIT_S)
    monkeypatch.setattr(json_schema_module, "CHECKS", made)
    yield made
    made.close()


@pytest.mark.parametrize(("schema", "text"), [(EVIL, FOREVER), (FANNING, "1")])
def test_a_check_without_end_is_ended_and_the_next_one_answered(checks: ChecksApart, schema: str, text: str) -> None:
    tried = JsonSchema(schema)
    checks._limit_s = 0.8
    with pytest.raises(SchemaCheckTooLong, match=r"more than 0\.8 s"):
        tried.check(text)
    with pytest.raises(SchemaCheckTooLong):
        tried.require(json.loads(text))
    checks._limit_s = LIMIT_S
    JsonSchema(EVIL).check('{"a": "aaa"}')
    with pytest.raises(SchemaMismatch, match=r"at \$\.a: 'b' does not match"):
        JsonSchema(EVIL).check('{"a": "b"}')


def test_other_threads_run_while_a_pattern_tries(checks: ChecksApart) -> None:
    turns, done = 0, threading.Event()

    def check() -> None:
        with pytest.raises(SchemaCheckTooLong):
            JsonSchema(EVIL).check(FOREVER)
        done.set()

    checks.fault(Question("a", EVIL, {}, "1"))  # it runs already
    checks._limit_s = 0.8
    thread = threading.Thread(target=check)
    thread.start()
    while not done.wait(0.01):
        turns += 1
    thread.join()
    assert turns >= 10


def test_what_is_found_apart_is_told_as_what_is_found_in_place(checks: ChecksApart) -> None:
    schema = JsonSchema('{"properties": {"a": {"pattern": "^x"}, "b": {"$ref": "gone.json"}}}', name="s.json")
    schema.check('{"a": "x\\ud800é"}')
    with pytest.raises(NotWritable, match=r"At \$\.a: 'y' does not match '\^x'"):
        schema.require({"a": "y"})
    with pytest.raises(SchemaUnresolved, match=r"s\.json refers to gone\.json"):
        schema.check('{"b": 1}')
    assert checks.fault(Question("s", '{"pattern": "(("}', {}, '"a"')) == Fault(
        FaultKind.BROKEN, "the schema cannot be applied: s, line 1, column 13: '((' is not a 'regex'"
    )


def test_a_child_that_was_ended_is_started_again(checks: ChecksApart) -> None:
    question = Question("a", EVIL, {}, "1")
    assert checks.fault(question) is None
    assert checks._child is not None
    checks._child.kill()
    checks._child.wait()
    assert checks.fault(question) is None
    checks.close()
    checks.close()
    assert checks.fault(question) is None


def test_a_plain_schema_needs_no_child(checks: ChecksApart) -> None:
    schema = JsonSchema('{"type": "object", "required": ["a"], "properties": {"a": {"enum": [1, 2]}}}')
    with pytest.raises(SchemaMismatch):
        schema.check('{"a": 3}')
    assert checks._child is None


def test_a_check_does_not_outlive_a_server_that_was_killed() -> None:
    child = subprocess.Popen([*COMMAND, "0.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        assert child.stdout.readline() == b"null\n"
        child.stdin.write(Question("a", EVIL, {}, FOREVER).line())
    assert child.wait(20) != 0


async def test_the_report_says_that_the_check_took_too_long_and_shows_the_text(checks: ChecksApart, tmp_path: Path) -> None:
    local = LocalSchemas(tmp_path / "schemas.json")
    await local.load()
    saved = await local.save(LocalSchema(id="", name="evil.json", format=Format.JSON_SCHEMA, text=EVIL))
    reading = Reading(Format.JSON_SCHEMA, saved[0].id)
    checks._limit_s = 0.8
    found = Reporter(None, local).read(FOREVER.encode(), reading)
    assert (found.format, found.text) == (Format.JSON_SCHEMA, FOREVER)
    assert [attempt.problem.title for attempt in found.attempts] == ["The check against its schema took more than 0.8 s and was ended"]


async def test_rows_and_searches_check_nothing(checks: ChecksApart, tmp_path: Path) -> None:
    local = LocalSchemas(tmp_path / "schemas.json")
    await local.load()
    saved = await local.save(LocalSchema(id="", name="evil.json", format=Format.JSON_SCHEMA, text=EVIL))
    side = SideReader(Reading(Format.JSON_SCHEMA, saved[0].id), None, local)
    assert side.preview(FOREVER.encode()) == FOREVER
    assert side.text(FOREVER.encode()) == FOREVER
    assert checks._child is None
