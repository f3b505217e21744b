"""What filters match, and where they are wrong."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.contracts.events import Event, Kind
from embedded_server.journal import EVENTS, FilterError, SqlField, Vocabulary, compile_filter, make_event
from embedded_server.journal.feeds.source import EVENT_SOURCE
from embedded_server.journal.filters import install_functions
from embedded_server.journal.rows import insert_events
from embedded_server.journal.schema import _TABLES

NOW = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
MINUTE_NS = 60 * 10**9


def ago(minutes: float) -> int:
    return int(NOW.timestamp()) * 10**9 - int(minutes * MINUTE_NS)


def an_event(subject: str, body: bytes = b"", *, kind: Kind = Kind.TASK_SENT, minutes: float = 0, **rest: Any) -> Event:
    return make_event(kind, subject, body=body, at=ago(minutes))._replace(**rest)


STORED = {
    "created": an_event(
        "orders.created", b'{"order": {"id": 42, "note": "Rush"}, "items": [{"sku": "x1"}], "paid": true}', status="SUCCESS"
    ),
    "string id": an_event("orders.created", b'{"order": {"id": "42"}, "nothing": null}', status="FAILURE", minutes=10),
    "big": an_event("orders.big", b'{"id": 9007199254740993, "huge": 18446744073709551617, "x": 1.5}', kind=Kind.RECORD_READ, status="404"),
    "broken json": an_event("users.deleted", b'{"order": {"id": 42', kind=Kind.RECORD_PRODUCED, status="503", minutes=60),
    "binary": an_event("blob_1%", b"\xff\xfe\x00order", kind=Kind.WS_RECEIVED, worker="web-1@host", minutes=3_000),
    "long": an_event("long", b'{"pad": "' + b"p" * 20_000 + b'", "end": 7, "say \\u0068": "h"}', kind=Kind.HTTP_EXCHANGE, status="200"),
    "url": an_event("https://api.example/a(b)?x=1", b"two  words here", kind=Kind.SSE_EVENT, worker="web-2@host", trace="4bf9", key="K-1"),
    "headers": an_event("with headers", kind=Kind.CUSTOM, headers=b'{"x-id": "7", "n": 7}', connection="prod"),
}
NAMES = list(STORED)


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    insert_events(connection, 1, list(STORED.values()), 2**30)
    install_functions(connection)
    yield connection
    connection.close()


def matching(db: sqlite3.Connection, text: str) -> set[str]:
    compiled = compile_filter(text, EVENTS, now=NOW)
    rows = db.execute(f"select seq from event where {compiled.sql}", compiled.params)
    return {NAMES[seq - 1] for (seq,) in rows}


EVERYTHING = set(NAMES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", EVERYTHING),
        ("   ", EVERYTHING),
        # free text
        ("orders", {"created", "string id", "big"}),
        ("ORDERS created", {"created", "string id"}),
        ('"orders created"', set()),
        ('"two words"', {"url"}),  # the preview has its blanks made one
        ("ord*created", {"created", "string id"}),
        ('"ord*created"', set()),
        ("blob_1%", {"binary"}),
        ("blobx1", set()),
        ("a(b)", {"url"}),
        ("web-1", {"binary"}),
        ("4bf9", {"url"}),
        ("prod", {"headers"}),
        # fields
        ("subject:orders.created", {"created", "string id"}),
        ("subject:ORDERS.Created", {"created", "string id"}),
        ("subject:orders", set()),
        ("subject:orders.*", {"created", "string id", "big"}),
        ('subject:"orders.*"', set()),
        ('subject:"with headers"', {"headers"}),
        ("worker:web-*", {"binary", "url"}),
        ("worker:*", {"binary", "url"}),
        ('worker:""', EVERYTHING - {"binary", "url"}),
        ("key:=k-1", {"url"}),
        ("connection:prod", {"headers"}),
        ("trace:4bf9", {"url"}),
        # kinds
        ("kind:task", {"created", "string id"}),
        ("kind:task.sent", {"created", "string id"}),
        ("kind:RECORD", {"big", "broken json"}),
        ("kind:*.read", {"big"}),
        ("kind:record.*", {"big", "broken json"}),
        ("kind:custom", {"headers"}),
        # numbers in text
        ("status:404", {"big"}),
        ("status:>=400", {"big", "broken json"}),
        ("status:<300", {"long"}),
        ("status:400..499", {"big"}),
        ("status:500..", {"broken json"}),
        # sizes and numbers
        ("size:>10kB", {"long"}),
        ("size:0", {"headers"}),
        ("size:10kib..1MB", {"long"}),
        ("seq:<=2", {"created", "string id"}),
        ("seq:2..3", {"string id", "big"}),
        ("seq:99999999999999999999999999", set()),
        ("seq:<99999999999999999999999999", EVERYTHING),
        # times
        ("time:<-5m", {"string id", "broken json", "binary"}),
        ("time:-5m", EVERYTHING - {"string id", "broken json", "binary"}),
        ("time:-1h..-5m", {"string id", "broken json"}),
        ("time:14:50", {"string id"}),
        ("time:14:00..14:50", {"string id", "broken json"}),
        ("time:>14:50", EVERYTHING - {"string id", "broken json", "binary"}),
        ("time:>=14:50", EVERYTHING - {"broken json", "binary"}),
        ("time:<=14:50", {"string id", "broken json", "binary"}),
        ("time:2026-11-24T14:50Z", {"string id"}),
        ("time:2026-11-24T15:50:00+01:00", {"string id"}),
        ("time:1999-12-31", set()),
        # joined
        ("-orders", EVERYTHING - {"created", "string id", "big"}),
        ("NOT orders", EVERYTHING - {"created", "string id", "big"}),
        ("orders -status:FAILURE", {"created", "big"}),
        ("orders AND NOT (status:FAILURE OR status:404)", {"created"}),
        ("status:404 OR status:503", {"big", "broken json"}),
        ("orders status:404 OR status:503", {"big", "broken json"}),
        ("orders (status:404 OR status:503)", {"big"}),
        ("--orders", {"created", "string id", "big"}),
        ("big or created", set()),  # only capitals join
        # paths into the body
        ("body.order.id:42", {"created"}),
        ('body.order.id:"42"', {"string id"}),
        ("body.order.id:>41", {"created"}),
        ("body.order.id:40..44", {"created"}),
        ("body.order.note:rush", {"created"}),
        ("body.order.note:r*", {"created"}),
        ("body.order.note:/^Ru/", {"created"}),
        ("body.order.note:/^ru/i", {"created"}),
        ("body.order.note:/^ru/", set()),
        ("body.items[0].sku:x1", {"created"}),
        ("body.items[1].sku:x1", set()),
        ("body.paid:true", {"created"}),
        ('body.paid:"true"', set()),
        ("body.nothing:null", {"string id"}),
        ("body.order:*", {"created", "string id"}),
        ("-body.order:*", EVERYTHING - {"created", "string id"}),
        ("body.id:9007199254740993", {"big"}),
        ("body.id:9007199254740992", set()),
        ("body.huge:18446744073709551617", {"big"}),
        ("body.huge:18446744073709551616", set()),
        ("body.huge:>9223372036854775807", {"big"}),
        ("body.x:1.5", {"big"}),
        ("body.end:7", {"long"}),
        ('body."order".id:42', {"created"}),
        ("body:here", {"url"}),
        ("body:pppp", {"long"}),
        ("body:/w.rds/", {"url"}),
        ('body:""', {"headers"}),
        ("headers.x-id:7", set()),
        ('headers.x-id:"7"', {"headers"}),
        ("headers.n:7", {"headers"}),
        ("headers:x-id", {"headers"}),
        # regular expressions
        ("subject:/^orders\\.(created|big)$/", {"created", "string id", "big"}),
        ("subject:/ORDERS/", set()),
        ("subject:/ORDERS/i", {"created", "string id", "big"}),
        ("/^web-\\d/", {"binary", "url"}),
        ("/two words/", {"url"}),
        ("-/orders|long/", {"broken json", "binary", "url", "headers"}),
        ("subject:/https:\\/\\//", {"url"}),
        ("subject:/SKY|KEY/i", set()),
    ],
)
def test_a_filter_matches(db: sqlite3.Connection, text: str, found: set[str]) -> None:
    assert matching(db, text) == found


@pytest.mark.parametrize(
    ("text", "marked", "title"),
    [
        ("colour:red", "colour", "Unknown field “colour”"),
        ("x statsu:FAILURE", "statsu", "Unknown field “statsu”: did you mean “status”?"),
        ("status.x:1", "status.x", "“status.x” is no path"),
        ("kind:elephant", "elephant", "No event is of kind “elephant”"),
        ("kind:task.faild", "task.faild", "No event is of kind “task.faild”: did you mean “task.failed”?"),
        ("kind:/task/", "/task/", "“kind” takes no regular expression"),
        ("kind:>task", "kind:>task", "“kind” cannot be compared with > task"),
        ("status:", "status:", "Nothing stands after “status:”"),
        ("(status:)", "status:", "Nothing stands after “status:”"),
        ("size:> 5", "size:>", "Nothing stands after “size:>”"),
        ('a "b c', '"b c', "A quotation mark is not closed"),
        ("(a OR b", "(", "A parenthesis is not closed"),
        ("a OR b)", ")", "This parenthesis closes nothing"),
        (")", ")", "This parenthesis closes nothing"),
        ("a ()", "()", "Nothing stands between the parentheses"),
        ("a OR", "OR", "“OR” has nothing to work on"),
        ("OR a", "OR", "“OR” has nothing to work on"),
        ("a AND AND b", "AND", "“AND” has nothing to work on"),
        ("a NOT", "NOT", "“NOT” has nothing to work on"),
        ("(a -)", None, None),  # a dash alone is text
        ("size:big", "big", "“big” is no size"),
        ("size:5parsec", "5parsec", "“5parsec” is no size"),
        ("size:1kB..x", "x", "“x” is no size"),
        ("seq:one", "one", "“one” is no number"),
        ("time:25:00", "25:00", "“25:00” is no time"),
        ("time:soon", "soon", "“soon” is no time"),
        ("time:/x/", "/x/", "“time” takes no regular expression"),
        ("subject:>orders", "subject:>orders", "“subject” cannot be compared with > orders"),
        ("body.x:>abc", "body.x:>abc", "“body.x” cannot be compared with > abc"),
        ("body.items[x]:1", "body.items[x]", "“body.items[x]” is no path"),
        ("body[-1]:1", "body[-1]", "“body[-1]” is no path"),
        ("body.a\0b:1", "body.a\0b", "“body.a\0b” is no path"),
        ("/open", "/open", "The regular expression is not closed"),
        ("subject:/a(b/", "(", "The regular expression is wrong here: missing ), unterminated subpattern"),
        ("x /a\\/b[/", "[", "The regular expression is wrong here: unterminated character set"),
        ("/(a+)+$/", "/(a+)+$/", "This regular expression could take for ever"),
        ("/(a|a)*$/", "/(a|a)*$/", "This regular expression could take for ever"),
        ("/(?:x*)*/", "/(?:x*)*/", "This regular expression could take for ever"),
        ("x " * 101, "x " * 100 + "x", "The filter has more than 100 conditions, or is nested too deep"),
        ("(" * 50 + "x" + ")" * 50, "(", "The filter has more than 100 conditions, or is nested too deep"),
        ("x" * 4_001, "x", "The filter is longer than 4000 characters"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, marked: str | None, title: str | None) -> None:
    if title is None:
        compile_filter(text, EVENTS)
        return
    with pytest.raises(FilterError) as caught:
        compile_filter(text, EVENTS)
    problem = caught.value
    assert str(problem) == title
    assert text[problem.position : problem.position + problem.length] == marked
    assert "{" not in problem.problem().hint


@pytest.mark.parametrize(
    "expression", ["(foo|bar)+", "(ab)*", "[a-z]+\\.[a-z]+", "a{2,5}(x{3})*", "(?=.*x).*", "(?i:abc)+", "(?P<n>a)(?P=n)"]
)
def test_an_expression_that_ends_is_taken(db: sqlite3.Connection, expression: str) -> None:
    matching(db, f"/{expression}/")


def check(problem: FilterError, text: str) -> None:
    assert 0 <= problem.position <= problem.position + problem.length <= len(text)
    assert str(problem)
    assert problem.problem().hint


WORDS = st.sampled_from(
    [
        "a",
        "kind:",
        "kind:task",
        "status:",
        "size:>1kB",
        "time:-5m",
        "body.x:1",
        "body.",
        "headers.",
        "(",
        ")",
        "-",
        "NOT",
        "AND",
        "OR",
        '"',
        "/",
        "/x/i",
        "..",
        "time:",
        ">",
        "*",
        "\\",
        "[",
        "seq:",
        "1..2",
        "\ud800",
        "\x00",
        "é",
        "🐇",
        " ",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map("".join), st.lists(WORDS, max_size=12).map(" ".join)))
@settings(max_examples=600, deadline=None)
def test_any_text_either_runs_or_is_told_to_be_wrong(db: sqlite3.Connection, text: str) -> None:
    try:
        matching(db, text)
    except FilterError as problem:
        check(problem, text)


@given(st.text(alphabet="abk(|)*+?[]{}.^$\\1,", max_size=14))
@settings(max_examples=600, deadline=None)
def test_any_regular_expression_either_agrees_with_python_or_is_told_to_be_wrong(db: sqlite3.Connection, expression: str) -> None:
    text = "subject:/" + expression.replace("/", "\\/") + "/"
    try:
        found = matching(db, text)
    except FilterError:
        return
    assert found == {name for name, event in STORED.items() if re.search(expression, event.subject)}


@given(st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text and not any(0xD800 <= ord(char) < 0xE000 for char in text)))
@settings(max_examples=200, deadline=None)
def test_quoted_text_is_looked_for_as_it_is(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    compiled = compile_filter(f"subject:{quoted} {quoted}", Vocabulary({"subject": EVENTS.fields["subject"]}, ("event.subject",)))
    connection = sqlite3.connect(":memory:")
    connection.execute("create table event (subject text)")
    connection.executemany("insert into event values (?)", [(text,), ("other" + text[::-1] + "x",)])
    assert connection.execute(f"select subject from event where {compiled.sql}", compiled.params).fetchall() == [(text,)]
    connection.close()


def test_values_never_become_part_of_the_statement() -> None:
    evil = "'; drop table event; --"
    for text in (f'"{evil}"', f'subject:"{evil}"', f'body.x:"{evil}"', f'body."{evil}":1', "/drop/"):
        assert "drop" not in compile_filter(text, EVENTS).sql


def test_a_source_without_documents_knows_no_paths() -> None:
    tasks = Vocabulary({"state": SqlField(EVENTS.fields["status"].field, "task.state")}, ("task.state",))
    with pytest.raises(FilterError, match=r"Unknown field “body\.x”"):
        compile_filter("body.x:1", tasks)


def test_the_event_source_orders_its_rows_by_sequence_number() -> None:
    assert EVENT_SOURCE.columns.startswith(EVENT_SOURCE.id_column)
    assert not EVENT_SOURCE.mutable
