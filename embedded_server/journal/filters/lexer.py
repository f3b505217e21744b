"""From characters to words, groups and conditions, each with where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from embedded_server.journal.filters.problems import BadPathError, MissingValueError, UnclosedPatternError, UnclosedQuoteError
from embedded_server.journal.filters.syntax import Condition, Operator, Pattern, Span, Value

_FIELD: Final = re.compile(r'(?P<name>[^\W\d]\w*)(?P<path>(?:\.(?:[^\s.:()\[\]"<>=/]+|"[^"]*")|\[[^\]\s]*\])*):')
_STEP: Final = re.compile(r'\.(?P<name>[^."\[]+)|\."(?P<quoted>[^"\\]+)"|\[(?P<index>\d{1,9})\]')
_OPERATOR: Final = re.compile(r">=|<=|>|<|=|")
_KEYWORDS: Final = ("AND", "OR", "NOT")


class Mark(Enum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of the filter."""

    mark: Mark
    at: Span
    text: str
    condition: Condition | None = None


def tokens(text: str) -> Iterator[Token]:
    """Cut *text* into tokens. Raises `FilterError` where a piece is broken."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        token = _next(text, at)
        yield token
        at = token.at.position + token.at.length


def _next(text: str, at: int) -> Token:
    char = text[at]
    if char in "()":
        return Token(Mark(char), Span(at, 1), char)
    if char == "-" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] != ")":
        return Token(Mark.NOT, Span(at, 1), char)
    for word in _KEYWORDS:
        end = at + len(word)
        if text.startswith(word, at) and (end == len(text) or text[end].isspace() or text[end] in "()"):
            return Token(Mark(word), Span(at, len(word)), word)
    condition = _condition(text, at)
    return Token(Mark.CONDITION, condition.at, text[at : at + condition.at.length], condition)


def _condition(text: str, at: int) -> Condition:
    named = _FIELD.match(text, at)
    if named is None:
        value = _value(text, at, patterns=True)
        return Condition(value, value.at)
    field_at = Span(at, named.end() - 1 - at)
    found = _OPERATOR.match(text, named.end())
    sign = found.group() if found else ""
    operator = Operator.IS if sign == "=" else Operator(sign)
    begin = named.end() + len(sign)
    if begin >= len(text) or text[begin].isspace() or text[begin] == ")":
        raise MissingValueError(at, begin - at, before=text[at:begin])
    value = _value(text, begin, patterns=not sign)
    whole = Span(at, value.at.position + value.at.length - at)
    return Condition(value, whole, named["name"], field_at, _path(named["path"], field_at, text), operator)


def _path(steps: str, field_at: Span, text: str) -> tuple[str | int, ...]:
    path: list[str | int] = []
    at = 0
    while at < len(steps):
        step = _STEP.match(steps, at)
        if step is None or "\0" in steps:  # SQLite ends its paths at a null character
            raise BadPathError(field_at.position, field_at.length, path=text[field_at.position : field_at.position + field_at.length])
        path.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
        at = step.end()
    return tuple(path)


def _value(text: str, at: int, *, patterns: bool) -> Value | Pattern:
    if text[at] == '"':
        return _quoted(text, at)
    if text[at] == "/" and patterns:
        return _pattern(text, at)
    return _bare(text, at)


def _bare(text: str, at: int) -> Value:
    """Everything up to a space; parentheses that open inside the word belong to it: ``add(2,3)``."""
    depth = 0
    end = at
    while end < len(text) and not text[end].isspace():
        if text[end] == "(":
            depth += 1
        elif text[end] == ")":
            if depth == 0:
                break
            depth -= 1
        end += 1
    return Value(text[at:end], Span(at, end - at))


def _quoted(text: str, at: int) -> Value:
    chars: list[str] = []
    end = at + 1
    while end < len(text):
        char = text[end]
        if char == '"':
            return Value("".join(chars), Span(at, end + 1 - at), quoted=True)
        if char == "\\" and end + 1 < len(text) and text[end + 1] in '"\\':
            end += 1
            char = text[end]
        chars.append(char)
        end += 1
    raise UnclosedQuoteError(at, len(text) - at)


def _pattern(text: str, at: int) -> Pattern:
    chars: list[str] = []
    offsets: list[int] = []
    end = at + 1
    while end < len(text):
        char = text[end]
        offsets.append(end)
        if char == "/":
            flags = _flags(text, end + 1)
            return Pattern("".join(chars), flags, Span(at, end + 1 + len(flags) - at), tuple(offsets))
        if char == "\\" and end + 1 < len(text):
            end += 1
            chars.append("/" if text[end] == "/" else char)
            if text[end] != "/":
                chars.append(text[end])
                offsets.append(end)
        else:
            chars.append(char)
        end += 1
    raise UnclosedPatternError(at, len(text) - at)


def _flags(text: str, at: int) -> str:
    end = at
    while end < len(text) and text[end] in "ims":
        end += 1
    return text[at:end]
