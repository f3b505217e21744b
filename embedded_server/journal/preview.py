"""The one line a table shows of a body, decoded once when the event is made."""

import re
from typing import Final

from embedded_server.contracts.events import MAX_PREVIEW_CHARS

MAX_PREVIEW_BYTES: Final = MAX_PREVIEW_CHARS * 4
"""No more is decoded: four bytes are the most a character takes in UTF-8."""

_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
_BINARY_TYPES: Final = (
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/zip",
    "application/pdf",
    "application/gzip",
    "application/x-python-serialize",
)


def preview_of(body: bytes, content_type: str = "") -> str:
    r"""Show *body* as one line of at most ``MAX_PREVIEW_CHARS`` characters; bytes that are no UTF-8 appear as ``\xNN``."""
    if not body:
        return ""
    if content_type.startswith(_BINARY_TYPES):
        return f"{content_type.partition(';')[0]}, {len(body)} bytes"
    head = body[:MAX_PREVIEW_BYTES]
    if len(body) > MAX_PREVIEW_BYTES:
        head = _without_split_character(head)
    text = head.decode("utf-8", "backslashreplace")
    text = _BLANK.sub(" ", text).strip()
    if len(text) > MAX_PREVIEW_CHARS:
        return text[: MAX_PREVIEW_CHARS - 1] + "…"
    return text


def _without_split_character(head: bytes) -> bytes:
    """Cut the start of a multi-byte character off the end, so that the cap itself never looks like invalid UTF-8."""
    for back in range(1, 4):
        byte = head[-back]
        if byte & 0xC0 == 0xC0:  # the first byte of a multi-byte character
            return head[:-back]
        if byte & 0x80 == 0:
            break
    return head
