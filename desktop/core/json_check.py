"""JSON as somebody types it into a form: whether it holds, and if not, where it went wrong and what to try."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from desktop.core.i18n import N_

MAX_CHARS: Final = 32 * 1024**2
"""More than this the server's journal would not keep whole."""


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Why a text is not what was asked for; title and hint are templates over ``params``; a hint with braces comes without any."""

    position: int
    line: int
    column: int
    title: str
    hint: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A typed text after its check: its value, or its fault."""

    value: Any = None
    fault: JsonFault | None = None

    @property
    def ok(self) -> bool:
        """Whether the text may be sent."""
        return self.fault is None


class _NotJsonError(ValueError):
    """What Python's reader takes and JSON does not have."""

    def __init__(self, token: str, title: str, hint: str) -> None:
        super().__init__(title)
        self.token = token
        self.title = title
        self.hint = hint


def check_args(text: str) -> Checked:
    """Check positional arguments: a JSON array, or nothing at all for none."""
    return _check(text, list, empty=list, title=N_("Positional arguments are a JSON array"), hint=N_("Put them between brackets: [2, 3]"))


def check_kwargs(text: str) -> Checked:
    """Check keyword arguments: a JSON object, or nothing at all for none."""
    hint = N_('Write names and values between braces: {"x": 2, "y": 3}')
    return _check(text, dict, empty=dict, title=N_("Keyword arguments are a JSON object"), hint=hint)


def check_json(text: str) -> Checked:
    """Check any JSON value, or nothing at all for null."""
    return _check(text, object, empty=lambda: None, title="", hint="")


_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\{\{[^{}]*\}\}|[\[\]{},:]|[^\s\[\]{},:"]+')


def lay_out(text: str) -> str:
    """Answer JSON with a member a line. Every value stays as it was written, to the last digit; so does a ``{{field}}``."""
    out: list[str] = []
    depth = 0
    before = ""
    for found in _PIECE.finditer(text):
        piece = found[0]
        opened, closes = before in {"[", "{"}, piece in {"]", "}"}
        depth -= closes
        if before == "," or (opened and not closes) or (closes and not opened):
            out.append(f"\n{'  ' * depth}")
        out.append(f"{piece} " if piece == ":" else piece)
        depth += piece in {"[", "{"}
        before = piece
    return "".join(out)


def _check(text: str, wanted: type, *, empty: Callable[[], Any], title: str, hint: str) -> Checked:
    if not text.strip():
        return Checked(value=empty())
    if len(text) > MAX_CHARS:
        return _fault(text, 0, N_("This is too large to send"), N_("Send a reference to the data instead of the data itself."))
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite_float, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as exc:
        fault_title, fault_hint = _explain(text, exc, wanted)
        return _fault(text, exc.pos, fault_title, fault_hint)
    except _NotJsonError as exc:
        return _fault(text, max(text.find(exc.token), 0), exc.title, exc.hint, token=exc.token[:40])
    except RecursionError:
        return _fault(text, 0, N_("This is nested too deeply"), N_("Flatten it, or send a reference to the data instead."))
    except ValueError:  # an integer longer than Python reads at once
        return _fault(text, 0, N_("A number in here is too long"), N_("Send it as a text, between double quotes."))
    if _LONE_HALF.search(text) and not _can_travel(value):
        return _fault(text, 0, N_("Half of a character stands in here"), N_("Write \\ud83d and its like only in pairs."))
    if not isinstance(value, wanted):
        return _fault(text, len(text) - len(text.lstrip()), title, hint)
    return Checked(value=value)


def _can_travel(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault(text: str, position: int, title: str, hint: str, **params: str) -> Checked:
    before = text[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    return Checked(fault=JsonFault(position, line, column, title, hint, params))


def _refuse_constant(token: str) -> Any:
    raise _NotJsonError(token, N_("{token} is not JSON"), N_("Use null, or a number that is finite."))


def _finite_float(token: str) -> float:
    value = float(token)
    if not math.isfinite(value):
        raise _NotJsonError(token, N_("{token} is too large for a number"), N_("Send it as a text, between double quotes."))
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, item in pairs:
        if key in value:
            token = json.dumps(key, ensure_ascii=False)
            raise _NotJsonError(token, N_("{token} stands twice in one object"), N_("Keep one of them: the other would be lost."))
        value[key] = item
    return value


_LONE_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_PYTHON_WORDS: Final = ("True", "False", "None")
_QUOTES: Final = "'\u2018\u2019\u201c\u201d"


def _explain(text: str, exc: json.JSONDecodeError, wanted: type) -> tuple[str, str]:
    """Say what is wrong at the reader's position in words that help whoever writes Python all day."""
    here = text[exc.pos :]
    before = text[: exc.pos].rstrip()
    if here.startswith(_PYTHON_WORDS):
        return N_("Python's True, False and None are not JSON"), N_("JSON writes them true, false and null.")
    if here[:1] and here[0] in _QUOTES:
        return N_("JSON has only straight double quotes"), N_('Write "text" for a text and for every name.')
    if exc.msg.startswith("Illegal trailing comma") or (before.endswith(",") and here[:1] in {"]", "}"}):
        return N_("A comma stands before the end"), N_("Remove the last comma.")
    if exc.msg.startswith("Extra data"):
        return _explain_extra(text, wanted)
    return _explain_by_message(exc.msg, ended=not here.strip(), after_comma=before.endswith(","))


def _explain_extra(text: str, wanted: type) -> tuple[str, str]:
    if wanted is list and not text.lstrip().startswith("["):
        return N_("Positional arguments are a JSON array"), N_("Put them between brackets: [2, 3]")
    return N_("Something follows the end"), N_("Remove what stands after the last bracket.")


def _explain_by_message(message: str, *, ended: bool, after_comma: bool) -> tuple[str, str]:
    if message.startswith("Unterminated string"):
        return N_("This text has no end"), N_('Close it with a double quote: "')
    if message.startswith("Invalid control character"):
        return N_("A text cannot go over the line's end"), N_("Write \\n where a new line belongs.")
    if message.startswith("Invalid \\"):
        return N_("A backslash stands alone"), N_("Write it twice: \\\\")
    if ended:
        return N_("Something is missing at the end"), N_("Close what was opened: ] for an array, } for an object.")
    if message.startswith("Expecting ',' delimiter"):
        return N_("A comma is missing here"), N_("Separate values with commas.")
    if message.startswith("Expecting ':' delimiter"):
        return N_("A colon is missing here"), N_('Write a name, a colon, then the value: {"x": 2}')
    if message.startswith("Expecting property name"):
        return N_("A name between double quotes belongs here"), N_('Write {"x": 2}, with the quotes.')
    if after_comma:
        return N_("A value is missing after the comma"), N_("Write a value, or remove the comma.")
    return N_("This is not JSON"), N_("Texts take double quotes; numbers, true, false and null stand bare.")
