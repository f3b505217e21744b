"""Where in a JSON text a value stands, so that a mistake in a schema is named by line and column."""

import json
import json.decoder
import re
from collections.abc import Callable
from typing import Any, Final

from embedded_server.kafka.decoding.problems import SchemaInvalid

Path = tuple[str | int, ...]

scanstring: Final[Callable[[str, int, bool], tuple[str, int]]] = json.decoder.scanstring  # type: ignore[attr-defined] # typeshed leaves it out
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r"[^\s,\]}]+")
_MOST_LEVELS: Final = 150


def parse(text: str, name: str) -> Any:
    """Read a schema's JSON. Raises `SchemaInvalid` with the place of the mistake."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise SchemaInvalid(name=name, line=exc.lineno, column=exc.colno, reason=exc.msg.lower()) from exc
    except (RecursionError, ValueError) as exc:
        raise SchemaInvalid(name=name, line=1, column=1, reason="nested too deeply, or a number without end") from exc


def place_of(text: str, path: Path) -> tuple[int, int]:
    """Answer line and column, from 1, of what *path* names in a valid JSON text; of the last part that is there."""
    at = _skip(text, 0)
    for step in path:
        found = _into(text, at, step)
        if found is None:
            break
        at = found
    before = text[:at]
    return before.count("\n") + 1, at - before.rfind("\n")


def invalid(text: str, name: str, path: Path, reason: str) -> SchemaInvalid:
    """Make the error that names the place of *path*."""
    line, column = place_of(text, path[:_MOST_LEVELS])
    return SchemaInvalid(name=name, line=line, column=column, reason=reason)


def said(path: Path) -> str:
    """Write a path as people do: ``$.items[2].price``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _into(text: str, at: int, step: str | int) -> int | None:
    """Answer where a member's or an item's value begins; of a name given twice the last, as it is read."""
    if isinstance(step, str) and text[at : at + 1] == "{":
        return _member(text, at + 1, step)
    if isinstance(step, int) and text[at : at + 1] == "[":
        return _item(text, at + 1, step)
    return None


def _member(text: str, at: int, name: str) -> int | None:
    found = None
    at = _skip(text, at)
    while text[at] == '"':
        key, at = scanstring(text, at + 1, True)
        at = _skip(text, _skip(text, at) + 1)
        if key == name:
            found = at
        at = _skip(text, _end(text, at))
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _item(text: str, at: int, number: int) -> int | None:
    at = _skip(text, at)
    for _ in range(number):
        at = _skip(text, _end(text, at))
        if text[at] != ",":
            return None
        at = _skip(text, at + 1)
    return at


def _end(text: str, at: int) -> int:
    """Answer where the value at *at* ends."""
    level = 0
    while True:
        mark = text[at]
        if mark == '"':
            _, at = scanstring(text, at + 1, True)
        elif mark in "{[":
            level += 1
            at += 1
        elif mark in "}]":
            level -= 1
            at += 1
        elif mark in ",: \t\r\n":
            at += 1
        else:
            found = _SCALAR.match(text, at)
            assert found is not None
            at = found.end()
        if level == 0 and mark not in ",: \t\r\n":
            return at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found is not None else at
