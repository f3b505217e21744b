"""Typed headers and arguments as somebody types them: what each value means on the wire, and what is wrong with it and what to try."""

import base64
import binascii
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from desktop.core.faults import Fault
from desktop.core.i18n import N_
from embedded_server.contracts.rabbitmq import FieldType, Header

MAX_NAME_BYTES: Final = 255
"""A name is an AMQP short string."""
MAX_DEPTH: Final = 64
INT64: Final = 2**63
INT32: Final = 2**31
_WORDS: Final = {type_.value: type_ for type_ in FieldType}
_INTEGER: Final = re.compile(r"[+-]?\d+(?:_\d+)*")
_DECIMAL: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_HEX: Final = re.compile(r"0[xX]((?:[0-9a-fA-F]{2})*)")

Path = tuple[int, ...]
"""Where an entry is: its number among its siblings, below the numbers of those around it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One header or argument exactly as typed."""

    name: str = ""
    type: FieldType = FieldType.STRING
    text: str = ""
    children: tuple["Entry", ...] = ()
    """What is in a table or an array."""

    @property
    def is_nested(self) -> bool:
        """Whether it holds others instead of a text."""
        return self.type in {FieldType.TABLE, FieldType.ARRAY}

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed: such a row is not sent."""
        return not self.name and not self.text and not self.children and self.type is FieldType.STRING


class _WrongError(ValueError):
    """A text that is not of its type."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.title)
        self.fault = fault


def check_value(type_: FieldType, text: str) -> Fault | None:
    """Answer what is wrong with *text* as a value of *type_*, or None."""
    try:
        value_of(type_, text)
    except _WrongError as exc:
        return exc.fault
    return None


def value_of(type_: FieldType, text: str) -> Any:
    """Answer the value as it goes over the wire; raises where *text* is none of *type_*."""
    read = _READERS.get(type_)
    if read is None:
        return None
    return read(text if type_ is FieldType.STRING else text.strip())


def faults_of(entries: Sequence[Entry], *, in_array: bool = False, above: Path = ()) -> dict[Path, Fault]:
    """Answer what is wrong with *entries*, by where it is; empty where all of it can be sent."""
    found: dict[Path, Fault] = {}
    if len(above) >= MAX_DEPTH:
        found[above] = Fault(N_("This is nested too deeply"), N_("Flatten it: {n} levels are the most."), {"n": str(MAX_DEPTH)})
        return found
    names: set[str] = set()
    for number, entry in enumerate(entries):
        path = (*above, number)
        if not in_array and entry.is_blank and not above:
            continue
        fault = None if in_array else _check_name(entry.name, names)
        names.add(entry.name)
        fault = fault or check_value(entry.type, entry.text)
        if fault is not None:
            found[path] = fault
        if entry.is_nested:
            found |= faults_of(entry.children, in_array=entry.type is FieldType.ARRAY, above=path)
    return found


def headers_of(entries: Sequence[Entry]) -> list[Header]:
    """Answer *entries* as they go over the wire; they have been checked. Blank ones are left out."""
    return [_header_of(entry) for entry in entries if not entry.is_blank]


def entries_of(headers: Sequence[Header | dict[str, Any]]) -> tuple[Entry, ...]:
    """Write typed headers of the wire as the user would have typed them."""
    return tuple(_entry_of(header if isinstance(header, Header) else Header(**header)) for header in headers)


def entries_of_json(value: dict[str, Any]) -> tuple[Entry, ...]:
    """Type plain JSON: a whole number is an integer, an object a table, a list an array."""
    return tuple(_entry_of_json(name, item) for name, item in value.items())


def with_types(entries: Sequence[Entry], types: dict[str, str], above: str = "") -> tuple[Entry, ...]:
    """Give *entries* the types that plain JSON cannot tell, named by dotted path, such as ``sent.at: timestamp``."""
    typed = []
    for number, entry in enumerate(entries):
        path = f"{above}{entry.name or number}"
        type_ = _WORDS.get(types.get(path, ""), entry.type)
        children = with_types(entry.children, types, f"{path}.") if entry.children else ()
        typed.append(replace(entry, type=type_, children=children))
    return tuple(typed)


def walk(entries: Sequence[Entry], above: Path = ()) -> Iterator[tuple[Path, Entry]]:
    """Go through *entries* and all within them, in reading order."""
    for number, entry in enumerate(entries):
        yield (*above, number), entry
        yield from walk(entry.children, (*above, number))


def _check_name(name: str, before: set[str]) -> Fault | None:
    if not name:
        return Fault(N_("This has no name"), N_("Type one, such as x-retries."), of_name=True)
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        return Fault(N_("This name is too long"), N_("A name has at most 255 bytes."), of_name=True)
    if name in before:
        return Fault(N_("{name} stands here twice"), N_("Keep one of them: the other would be lost."), {"name": name}, of_name=True)
    return None


def _header_of(entry: Entry) -> Header:
    if entry.is_nested:
        inner = [_plain(child, named=entry.type is FieldType.TABLE) for child in entry.children]
        return Header(entry.name, entry.type, inner)
    return Header(entry.name, entry.type, value_of(entry.type, entry.text))


def _plain(entry: Entry, *, named: bool) -> dict[str, Any]:
    header = _header_of(entry)
    return {"name": header.name if named else "", "type": header.type.value, "value": header.value}


def _entry_of(header: Header) -> Entry:
    type_ = FieldType(header.type)
    if type_ in {FieldType.TABLE, FieldType.ARRAY}:
        return Entry(header.name, type_, children=entries_of(header.value or ()))
    return Entry(header.name, type_, text_of(type_, header.value))


def _entry_of_json(name: str, value: Any) -> Entry:
    if isinstance(value, dict):
        return Entry(name, FieldType.TABLE, children=entries_of_json(value))
    if isinstance(value, list):
        return Entry(name, FieldType.ARRAY, children=tuple(_entry_of_json("", item) for item in value))
    type_ = _type_of(value)
    return Entry(name, type_, text_of(type_, value))


def _type_of(value: Any) -> FieldType:
    if value is None:
        return FieldType.NULL
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, int):
        return FieldType.INTEGER
    return FieldType.FLOAT if isinstance(value, float) else FieldType.STRING


def text_of(type_: FieldType, value: Any) -> str:
    """Write a value of the wire as text."""
    if type_ is FieldType.NULL or value is None:
        return ""
    if type_ is FieldType.BOOLEAN:
        return "true" if value else "false"
    return str(value)


def _string(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _WrongError(Fault(N_("Half of a character stands in here"), N_("Remove it, or send the bytes as Base64."))) from None
    return text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _WrongError(Fault(N_("This is no whole number"), N_("Write digits alone, such as 42 or -7.")))
    if len(text) > 40 or not -INT64 <= int(text) < INT64:
        raise _WrongError(Fault(N_("This number has more than 64 bits"), N_("Send it as a string or a decimal.")))
    return int(text)


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _WrongError(Fault(N_("This is no number"), N_("Write such as 1.5 or 2e-3."))) from None
    if not math.isfinite(value):
        raise _WrongError(Fault(N_("This number is not finite"), N_("Write such as 1.5 or 2e-3.")))
    return value


def _decimal(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        raise _WrongError(Fault(N_("This is no decimal number"), N_("Write digits with a point, such as 12.50.")))
    digits = text.replace(".", "")
    if len(digits) > 20 or not -INT32 <= int(digits) < INT32:
        raise _WrongError(Fault(N_("AMQP's decimals have nine digits"), N_("Write fewer digits, or send it as a float or a string.")))
    return text.removeprefix("+")


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise _WrongError(Fault(N_("This is neither true nor false"), N_("Write true or false.")))
    return text.lower() == "true"


def seconds_of(text: str) -> int | None:
    """Answer seconds since the Unix epoch for ``now``, ``1795000000`` or a time in ISO 8601; None where it is none of these."""
    text = text.strip()
    if text.lower() == "now":
        return int(datetime.now(UTC).timestamp())
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 20 and int(text) < 2 * INT64 else None
    try:
        moment = datetime.fromisoformat(text)
        seconds = int((moment if moment.tzinfo else moment.astimezone()).timestamp())
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds >= 0 and len(text) >= 10 else None


def _timestamp(text: str) -> int:
    seconds = seconds_of(text)
    if seconds is None:
        raise _WrongError(Fault(N_("This is no time"), N_("Write now, seconds since 1970, or such as 2026-11-24 14:30+08:00.")))
    return seconds


def _bytes(text: str) -> str:
    if (found := _HEX.fullmatch(text)) is not None:
        return base64.b64encode(bytes.fromhex(found[1])).decode()
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _WrongError(Fault(N_("This is not Base64"), N_("Write Base64 such as aGVsbG8=, or 0x and pairs of hex digits."))) from None
    return "".join(text.split())


_READERS: Final = {
    FieldType.STRING: _string,
    FieldType.INTEGER: _integer,
    FieldType.FLOAT: _float,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.TIMESTAMP: _timestamp,
    FieldType.BYTES: _bytes,
}
