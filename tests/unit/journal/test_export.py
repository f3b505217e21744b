"""Exports: whole events, every number as it was, and never all of them in memory."""

import csv
import io
import json

import pytest

from embedded_server.contracts.events import Join
from embedded_server.journal import FilterError, Journal, export
from embedded_server.journal.export import PIECE_BYTES, iso_time
from tests.helpers.journal import an_event, events


async def exported(journal: Journal, filter: str, format: str) -> bytes:
    return b"".join([piece async for piece in export(journal, filter, format)])


async def ndjson(journal: Journal, filter: str = "") -> list[dict[str, object]]:
    return [json.loads(line) for line in (await exported(journal, filter, "ndjson")).splitlines()]


async def test_every_field_is_there(journal: Journal) -> None:
    event = an_event(body=b'{"x": 1}')._replace(
        at=1_700_000_000_123_456_789, trace="t", joined=Join.TRACEPARENT, status="OK", worker="w", headers=b'{"h": "1"}'
    )
    await journal.append_durably(event)
    assert await ndjson(journal) == [
        {
            "seq": 1,
            "time": "2023-11-14T22:13:20.123456789Z",
            "at": 1_700_000_000_123_456_789,
            "connection": "embedded",
            "kind": "task.sent",
            "subject": "orders.created",
            "key": "key-0",
            "trace": "t",
            "joined": "traceparent",
            "status": "OK",
            "worker": "w",
            "size": 8,
            "truncated": False,
            "headers": {"h": "1"},
            "json": {"x": 1},
        }
    ]


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        (b'{"n": 18446744073709551617, "f": 0.1}', "json", {"n": 18446744073709551617, "f": 0.1}),
        (b'{\n  "n":\n 18446744073709551617 }\r\n', "json", {"n": 18446744073709551617}),
        (b'"\\u2028"', "json", "\u2028"),
        (b"42", "json", 42),
        (b"plain\ntext", "text", "plain\ntext"),
        (b"\xff\xfe", "base64", "//4="),
        (b"[" * 5_000, "text", "[" * 5_000),
        (b"NaN", "text", "NaN"),
    ],
)
async def test_a_body_keeps_its_nature_on_one_line(journal: Journal, body: bytes, name: str, value: object) -> None:
    await journal.append_durably(an_event(body=body))
    (row,) = await ndjson(journal)
    assert row[name] == value
    assert {"json", "text", "base64"} & set(row) == {name}


async def test_only_what_matches_oldest_first(journal: Journal) -> None:
    journal.append_many(events(100))
    await journal.flush()
    assert [row["seq"] for row in await ndjson(journal, "key:*7")] == list(range(8, 101, 10))


async def test_csv_has_a_heading_and_a_line_for_each_event(journal: Journal) -> None:
    await journal.append_durably(an_event(body=b'a,"b"\nc', status="x,y"))
    rows = list(csv.reader(io.StringIO((await exported(journal, "", "csv")).decode(), newline="")))
    assert rows[0][:3] == ["seq", "time", "connection"]
    (row,) = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (row["status"], row["body"], row["seq"]) == ("x,y", 'a,"b"\nc', "1")


async def test_csv_of_nothing_is_its_heading(journal: Journal) -> None:
    assert (await exported(journal, "", "csv")).startswith(b"seq,time")


async def test_large_bodies_come_piece_by_piece(journal: Journal) -> None:
    journal.append_many([an_event(number, body=b"x" * PIECE_BYTES) for number in range(3)])
    await journal.flush()
    pieces = [piece async for piece in export(journal, "", "ndjson")]
    assert len(pieces) == 3


async def test_what_comes_while_it_runs_is_left_out(journal: Journal) -> None:
    journal.append_many([an_event(number, body=b"x" * PIECE_BYTES) for number in range(2)])
    await journal.flush()
    pieces = export(journal, "", "ndjson")
    await anext(pieces)
    await journal.append_durably(an_event(3))
    assert len([piece async for piece in pieces]) == 1


async def test_a_wrong_filter_or_format_is_told_before_anything_is_written(journal: Journal) -> None:
    with pytest.raises(FilterError):
        export(journal, "colour:red", "csv")
    with pytest.raises(ValueError, match="xml"):
        export(journal, "", "xml")


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (10**30, str(10**30)),
    ],
)
def test_times_are_shown_to_the_nanosecond(at: int, shown: str) -> None:
    assert iso_time(at) == shown
