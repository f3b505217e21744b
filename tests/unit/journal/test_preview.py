"""The one line a table shows of a body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.events import MAX_PREVIEW_CHARS
from embedded_server.journal import preview_of


def test_text_is_shown_on_one_line() -> None:
    assert preview_of(b'{\n  "a":\t1\r\n}') == '{ "a": 1 }'


def test_bytes_that_are_no_utf8_are_shown_by_number() -> None:
    assert preview_of(b"caf\xe9 \xff") == "caf\\xe9 \\xff"


def test_a_long_body_is_cut_and_says_so() -> None:
    shown = preview_of(b"x" * 10_000)
    assert len(shown) == MAX_PREVIEW_CHARS
    assert shown.endswith("…")


@pytest.mark.parametrize("lead", range(4))
def test_the_cut_never_splits_a_character(lead: int) -> None:
    assert "\\x" not in preview_of(b" " * lead + "🐇".encode() * 10_000)


def test_a_binary_type_is_named_rather_than_decoded() -> None:
    assert preview_of(b"\x89PNG....", "image/png; q=1") == "image/png, 8 bytes"


@given(st.binary(max_size=3_000))
def test_any_bytes_give_one_short_line(body: bytes) -> None:
    shown = preview_of(body)
    assert len(shown) <= MAX_PREVIEW_CHARS
    assert shown.isprintable() or not any(char in shown for char in "\r\n\t\0")
    shown.encode("utf-8")
