"""The message box: checked as typed, sent as typed."""

import pytest

from desktop.core.streams_message import Format, check
from embedded_server.contracts.streams import FrameType


def test_text_and_json_go_as_typed() -> None:
    assert check("總", Format.TEXT).size == 3
    message = check('{"id": 12345678901234567890123}', Format.JSON)
    assert message.request is not None
    assert (message.request.type, message.request.data) == (FrameType.JSON, '{"id": 12345678901234567890123}')


@pytest.mark.parametrize(("text", "format_"), [("48 65:6c 0x6C,6f", Format.HEX), ("SGVs\nbG8=", Format.BASE64)])
def test_binary_travels_as_base64(text: str, format_: Format) -> None:
    message = check(text, format_)
    assert message.request is not None
    assert (message.request.type, message.request.data, message.size) == (FrameType.BINARY, "SGVsbG8=", 5)


@pytest.mark.parametrize(
    ("text", "format_", "words"),
    [
        ('{"a": }', Format.JSON, "line 1, column 7"),
        ("", Format.JSON, "Type a JSON value"),
        ("NaN", Format.JSON, "NaN"),
        ("[" * 100_000, Format.JSON, "nesting"),
        ("123", Format.HEX, "hexadecimal"),
        ("A", Format.BASE64, "Base64"),
    ],
)
def test_what_does_not_hold_says_why_and_is_not_sent(text: str, format_: Format, words: str) -> None:
    message = check(text, format_)
    assert message.request is None
    assert words in message.fault
