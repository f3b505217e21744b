"""What is sent is checked first, and leaves exactly as it was typed."""

import pytest

from embedded_server.contracts.streams import FrameType, SendRequest
from embedded_server.streams.messages import message_of
from embedded_server.streams.problems import MessageNotBase64, MessageNotJson


@pytest.mark.parametrize("text", ['{"id": 12345678901234567890123,  "a": 1.10}', "[]", '"x"', "null"])
def test_json_goes_out_as_typed(text: str) -> None:
    assert message_of(SendRequest(FrameType.JSON, text)) == text


@pytest.mark.parametrize(
    ("text", "line", "column"), [("{", 1, 2), ('{\n "a": 1,\n}', 3, 1), ("", 1, 1), ("NaN", 1, 1), ("[" * 100_000, 1, 1)]
)
def test_what_is_not_json_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(MessageNotJson) as caught:
        message_of(SendRequest(FrameType.JSON, text))
    assert (caught.value.params["line"], caught.value.params["column"]) == (line, column)


def test_text_may_be_anything() -> None:
    assert message_of(SendRequest(FrameType.TEXT, "{ 總機")) == "{ 總機"


def test_base64_may_be_broken_into_lines() -> None:
    assert message_of(SendRequest(FrameType.BINARY, "AAEC\n/w==\n")) == b"\x00\x01\x02\xff"


@pytest.mark.parametrize("text", ["A", "A===", "AA-_", "é"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(MessageNotBase64):
        message_of(SendRequest(FrameType.BINARY, text))
