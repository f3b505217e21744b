"""The filter language over events outside the journal answers as it does inside."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.events import Event, Kind
from embedded_server.journal import FilterError, Journal, Sieve, make_event
from embedded_server.journal.schema import INLINE_BODY_BYTES


def message(subject: str, body: bytes = b"", headers: bytes = b"{}", key: str = "") -> Event:
    return make_event(Kind.MESSAGE_CONSUMED, subject, body=body, headers=headers, key=key, status="consumed", worker="orders")


MESSAGES = [
    message("orders → paid", b'{"total": 12, "lines": [1]}', b'{"headers": {"tenant": "a"}}', key="1"),
    message("orders → sent", b'{"total": 99}', b'{"headers": {"tenant": "b"}}', key="2"),
    message("(default) → orders", b"\xff\x00" + bytes(INLINE_BODY_BYTES), key="3"),
]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("", [True, True, True]),
        ("subject:*paid", [True, False, False]),
        ("body.total:>50", [False, True, False]),
        ("headers.headers.tenant:a OR key:3", [True, False, True]),
        ("size:>1kB", [False, False, True]),
        ("/to.al.{3}1/", [True, False, False]),
        ("kind:message -body.total:*", [False, False, True]),
        ("seq:..11", [True, True, False]),
    ],
)
def test_messages_are_sifted(filter: str, expected: list[bool]) -> None:
    sieve = Sieve(filter)
    assert sieve.matching(MESSAGES, 10) == expected
    assert sieve.matching(MESSAGES[1:], 11) == expected[1:]
    sieve.close()


def test_a_wrong_filter_is_told_at_once() -> None:
    with pytest.raises(FilterError):
        Sieve("nonsense:1")


def test_what_sqlite_refuses_is_sifted_in_readable_form() -> None:
    odd = [message("lone \ud800"), message("orders")]
    assert Sieve("subject:orders").matching(odd) == [False, True]
    assert Sieve("subject:*lone*").matching(odd) == [True, False]


async def test_it_answers_as_the_journal_does(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    journal.append_many(MESSAGES)
    await journal.flush()
    for text in ("tenant", "body:total", "worker:orders -key:2", "body.lines[0]:1", "headers:b"):
        inside = {row.seq for row in (await journal.query(text)).rows}
        assert [seq in inside for seq in (1, 2, 3)] == Sieve(text).matching(MESSAGES), text
    journal.close()


@given(st.text(max_size=30), st.binary(max_size=60))
def test_no_filter_and_no_message_breaks_it(filter: str, body: bytes) -> None:
    try:
        sieve = Sieve(filter)
    except FilterError:
        return
    assert len(sieve.matching([message("s", body)])) == 1
    sieve.close()
