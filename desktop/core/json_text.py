"""JSON as a tree without parsing it: a node is a span of the text, and its children are found when somebody opens it.

So a body of 20 MB costs what is looked at, numbers stay exactly as written, and no object is made for what nobody sees.
"""

import json
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

MAX_SHOWN_CHARS: Final = 500

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_SKIP: Final = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"){0,500}+', re.DOTALL)
"""Over strings and whatever else is no bracket; in bounded steps, since a step holds the interpreter."""
_PLAIN: Final = re.compile(r"[^\s,\]}]+")


class JsonKind(StrEnum):
    """What a value is."""

    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    NUMBER = "number"
    WORD = "word"
    """true, false, null."""


class Span(NamedTuple):
    """A value in the text, and what it is called there."""

    key: str
    """The member's name or the element's index."""
    start: int
    end: int


class NotJson(ValueError):
    """The text does not go on as JSON does."""

    def __init__(self, at: int) -> None:
        super().__init__(f"no JSON at character {at}")
        self.at = at


def root_of(text: str) -> Span:
    """The whole value. Raises `NotJson` where the text is not one value from its first to its last bracket."""
    start = _blank_end(text, 0)
    end = value_end(text, start)
    rest = _blank_end(text, end)
    if rest != len(text):
        raise NotJson(rest)
    return Span("", start, end)


def outer_span(text: str) -> Span:
    """The whole value, judged by its first and last bracket alone. Raises `NotJson`."""
    start, end = _blank_end(text, 0), len(text.rstrip())
    if text[start : start + 1] + text[end - 1 : end] in {"{}", "[]"}:
        return Span("", start, end)
    return root_of(text)


def kind_of(text: str, span: Span) -> JsonKind:
    """What the value is, by its first character."""
    first = text[span.start]
    if first == "{":
        return JsonKind.OBJECT
    if first == "[":
        return JsonKind.ARRAY
    if first == '"':
        return JsonKind.STRING
    return JsonKind.WORD if first in "tfnNI" else JsonKind.NUMBER


def children_of(text: str, span: Span) -> Iterator[Span]:
    """Members or elements, one by one as they are found. Raises `NotJson` where it ends being JSON."""
    is_object = text[span.start] == "{"
    at = _blank_end(text, span.start + 1)
    index = 0
    while at < span.end - 1:
        key = str(index)
        if is_object:
            key_end = value_end(text, at)
            key = string_of(text, at, key_end)
            at = _blank_end(text, key_end)
            if text[at : at + 1] != ":":
                raise NotJson(at)
            at = _blank_end(text, at + 1)
        end = value_end(text, at)
        yield Span(key, at, end)
        index += 1
        at = _blank_end(text, end)
        if text[at : at + 1] == ",":
            at = _blank_end(text, at + 1)
        elif at != span.end - 1:
            raise NotJson(at)


def value_end(text: str, start: int) -> int:
    """One past the value that begins at *start*. Raises `NotJson`."""
    first = text[start : start + 1]
    if first == '"':
        return _string_end(text, start)
    if first and first in "{[":
        return _bracket_end(text, start)
    match = _PLAIN.match(text, start)
    if match is None or match.group()[0] in ":{}[]":
        raise NotJson(start)
    return match.end()


def string_of(text: str, start: int, end: int) -> str:
    """A string's content; as written where an escape in it makes no sense."""
    try:
        value = json.loads(text[start:end], strict=False)
    except ValueError:
        return text[start + 1 : end - 1]
    return value if isinstance(value, str) else text[start:end]


def shown(text: str, span: Span) -> str:
    """A scalar as the tree shows it, shortened; a container by its brackets."""
    kind = kind_of(text, span)
    if kind is JsonKind.OBJECT:
        return "{}" if _is_empty(text, span) else "{…}"
    if kind is JsonKind.ARRAY:
        return "[]" if _is_empty(text, span) else "[…]"
    if span.end - span.start <= MAX_SHOWN_CHARS:
        return text[span.start : span.end]
    return f"{text[span.start : span.start + MAX_SHOWN_CHARS]}…"


def is_container(text: str, span: Span) -> bool:
    """Whether it has children to show."""
    return text[span.start] in "{[" and not _is_empty(text, span)


def _is_empty(text: str, span: Span) -> bool:
    return _blank_end(text, span.start + 1) >= span.end - 1


def _blank_end(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match is not None else at


def _string_end(text: str, start: int) -> int:
    at = start + 1
    while True:
        at = text.find('"', at)
        if at < 0:
            raise NotJson(start)
        slashes = at
        while text[slashes - 1] == "\\":
            slashes -= 1
        if (at - slashes) % 2 == 0:
            return at + 1
        at += 1


def _bracket_end(text: str, start: int) -> int:
    """Match brackets outside strings. Plain Python on purpose: in a thread it lets the window have its turn."""
    opened: list[str] = []
    at = start
    while True:
        match = _SKIP.match(text, at)
        end = match.end() if match is not None else at
        mark = text[end : end + 1]
        if mark in "{[" and mark:
            opened.append(mark)
        elif mark and mark in "}]":
            if opened.pop() + mark not in {"{}", "[]"}:
                raise NotJson(end)
            if not opened:
                return end + 1
        elif end == at or not mark:  # a string without its end, or the end of the text
            raise NotJson(start)
        else:
            at = end
            continue
        at = end + 1
