"""The page on the filter language says what the filter language is."""

import re
from pathlib import Path

import pytest

from embedded_server.contracts.events import Kind
from embedded_server.contracts.filters import EVENT_FIELDS, TASK_FIELDS
from embedded_server.journal import EVENTS, SqlField, Vocabulary, compile_filter
from embedded_server.journal.filters.parser import MAX_CHARS, MAX_CONDITIONS

PAGE = (Path(__file__).parents[3] / "docs" / "filter-language.md").read_text(encoding="utf-8")
TASKS = Vocabulary({field.name: SqlField(field, f"task.{field.name}") for field in TASK_FIELDS}, ("task.name",))
BOTH = Vocabulary({**TASKS.fields, **EVENTS.fields}, EVENTS.text, EVENTS.documents)


def rows_under(heading: str) -> list[list[str]]:
    """Cells of the table whose heading begins so."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    lines = table.splitlines()[2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in lines]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("example", [word for row in rows_under("write") for word in words(row[0])])
def test_every_example_at_a_glance_is_understood(example: str) -> None:
    compile_filter(example, BOTH)


@pytest.mark.parametrize("heading", ["event field", "task field"])
def test_every_example_of_a_field_is_understood(heading: str) -> None:
    vocabulary = EVENTS if heading == "event field" else TASKS
    for row in rows_under(heading):
        for example in words(row[2]):
            compile_filter(example, vocabulary)


def test_every_field_is_named() -> None:
    events = [name for row in rows_under("event field") for name in words(row[0])]
    tasks = [name for row in rows_under("task field") for name in words(row[0])]
    assert sorted(events) == sorted([field.name for field in EVENT_FIELDS] + ["body", "headers"])
    assert sorted(tasks) == sorted(field.name for field in TASK_FIELDS)


def test_every_kind_is_named_under_its_group() -> None:
    named = {word: row[0].strip("`") for row in rows_under("group") for word in words(row[1])}
    assert named == {kind.value: kind.group for kind in Kind}


def test_the_limits_are_the_real_ones() -> None:
    assert f"{MAX_CHARS:,} characters and {MAX_CONDITIONS} conditions" in PAGE
