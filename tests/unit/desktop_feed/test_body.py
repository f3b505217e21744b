import json
import pickle

from hypothesis import given
from hypothesis import strategies as st

from desktop.core.feed_body import CHECKED_CHARS, LINE_CHARS, hex_dump, hex_line, in_pieces, read_body


def test_json_is_found_with_its_root() -> None:
    body = read_body(b' {"a": [1, 2]} ')
    assert body.is_json
    assert body.text == ' {"a": [1, 2]} '


def test_text_that_is_no_json_is_text() -> None:
    body = read_body("plain words, ünïcode".encode())
    assert not body.is_json
    assert body.text == "plain words, ünïcode"
    assert body.json_error == ""


def test_what_was_meant_to_be_json_says_where_it_is_not() -> None:
    body = read_body(b'{"a": 1,\n "b": }')
    assert not body.is_json
    assert "line 2" in body.json_error


def test_invalid_utf8_is_bytes_with_the_first_wrong_one() -> None:
    body = read_body(b'{"a": "\xff"}')
    assert body.text is None
    assert body.invalid_at == 7
    assert not body.is_json


def test_a_pickle_is_bytes_and_is_never_loaded() -> None:
    body = read_body(pickle.dumps({"a": object}))
    assert body.text is None


def test_a_large_body_is_not_parsed_as_a_whole() -> None:
    text = json.dumps({"rows": [{"id": n} for n in range(40_000)]})
    assert len(text) > CHECKED_CHARS
    body = read_body(text.encode())
    assert body.root is not None
    assert (body.root.start, body.root.end) == (0, len(text))


def test_numbers_too_long_for_a_parser_are_still_json() -> None:
    assert read_body(b"[" + b"1" * 5000 + b"]").is_json


def test_an_empty_body_is_empty_text() -> None:
    assert read_body(b"").text == ""


def test_long_lines_are_broken_for_showing() -> None:
    shown = in_pieces("x" * (LINE_CHARS * 2 + 5) + "\nshort\n")
    assert [len(line) for line in shown.split("\n")] == [LINE_CHARS, LINE_CHARS, 5, 5, 0]
    assert in_pieces("a\nb") == "a\nb"


def test_a_hex_line_shows_offset_bytes_and_ascii() -> None:
    assert hex_line(b"0123456789abcdef\x00\xffA", 16) == ("00000010", "00 ff 41", "··A")
    assert hex_line(b"0123456789", 0)[1] == "30 31 32 33 34 35 36 37  38 39"
    assert len(hex_dump(b"x" * 33).splitlines()) == 3


@given(st.binary(max_size=200))
def test_no_body_breaks_it(data: bytes) -> None:
    body = read_body(data)
    assert (body.text is None) == (body.invalid_at >= 0)
