"""What a body is: JSON, text or bytes. Meant for a thread, and no step of it holds up the window."""

import json
from dataclasses import dataclass
from typing import Final

from desktop.core.json_text import NotJson, Span, outer_span, root_of

TEXT_PREVIEW_CHARS: Final = 1_000_000
LINE_CHARS: Final = 2_000
"""Longer lines are shown in pieces: Qt lays out a line as a whole."""
CHECKED_CHARS: Final = 256_000
"""Up to here the whole text is checked to be JSON; beyond, each part as it is opened: the parser would hold the interpreter."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that has been looked at."""

    data: bytes
    text: str | None = None
    """Nothing where it is not UTF-8."""
    invalid_at: int = -1
    """The first byte that is not UTF-8, or -1."""
    root: Span | None = None
    """The JSON value, where it is one."""
    json_error: str = ""
    """Why it is not JSON, where it looks as if it was meant to be."""

    @property
    def is_json(self) -> bool:
        """Whether there is a tree to show."""
        return self.root is not None


def read_body(data: bytes) -> Body:
    """Look at *data*. Nothing is ever unpickled or run."""
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        return Body(data, invalid_at=exc.start)
    start = text[:1000].lstrip()[:1]
    if not start or start not in '{["-0123456789tfn':
        return Body(data, text)
    try:
        if len(text) <= CHECKED_CHARS:
            json.loads(text)
            return Body(data, text, root=root_of(text))
        return Body(data, text, root=outer_span(text))
    except json.JSONDecodeError as exc:
        error = f"{exc.msg}: line {exc.lineno}, column {exc.colno}"
    except NotJson as exc:
        error = f"line {text.count(chr(10), 0, exc.at) + 1}, character {exc.at}"
    except (ValueError, RecursionError):  # a number of more digits, or more brackets, than Python's parser takes: ours is not so strict
        return Body(data, text, root=root_of(text))
    return Body(data, text, json_error=error if start in "{[" else "")


def in_pieces(text: str) -> str:
    """Break lines that are too long to lay out; for showing only."""
    lines = text.split("\n")
    if max(map(len, lines)) <= LINE_CHARS:
        return text
    pieces: list[str] = []
    for line in lines:
        pieces += [line[i : i + LINE_CHARS] for i in range(0, len(line), LINE_CHARS)] or [""]
    return "\n".join(pieces)


def hex_line(data: bytes, offset: int, width: int = 16) -> tuple[str, str, str]:
    """One line of a hex dump: offset, bytes and what of them is ASCII."""
    piece = data[offset : offset + width]
    left, right = piece[: width // 2].hex(" "), piece[width // 2 :].hex(" ")
    return f"{offset:08x}", f"{left}  {right}".rstrip(), "".join(chr(b) if 32 <= b < 127 else "·" for b in piece)


def hex_dump(data: bytes, width: int = 16) -> str:
    """A whole hex dump as text."""
    return "\n".join("{:8}  {:49}  {}".format(*hex_line(data, at, width)) for at in range(0, len(data), width))
