"""Typed headers and arguments between the wire's JSON and the values of `fields`, both ways without loss."""

import base64
import binascii
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.rabbitmq import FieldType, Header
from embedded_server.rabbitmq.amqp.fields import MAX_DEPTH, NestedTooDeep, Table, Timestamp, Value

_UNUSUAL_FLOATS: Final = {"nan": math.nan, "inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "-infinity": -math.inf}
"""JSON has no number for them: they travel as text."""


class HeaderInvalid(UserFacingError):
    """A header's value is not what its type says."""

    status = 422
    title = N_("The header “{name}” is no {type}: “{value}”")
    hint = N_("Write {example}, or choose another type.")


class HeaderTwice(UserFacingError):
    """Two headers of one name in one table."""

    status = 422
    title = N_("The header “{name}” is there twice")
    hint = N_("Remove one of them, or make it an array.")


_EXAMPLES: Final = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "42",
    FieldType.FLOAT: "0.5",
    FieldType.DECIMAL: "12.50",
    FieldType.BOOLEAN: "true",
    FieldType.TIMESTAMP: "1790000000",
    FieldType.BYTES: "AAEC",
    FieldType.TABLE: "[]",
    FieldType.ARRAY: "[]",
    FieldType.NULL: "null",
}


def table_of(headers: Iterable[Header]) -> Table:
    """Answer the values that typed *headers* stand for. Raises `HeaderInvalid`, `HeaderTwice` and `NestedTooDeep`."""
    return _table(headers, "", 0)


def _table(headers: Iterable[Header | Mapping[str, Any]], path: str, depth: int) -> Table:
    if depth > MAX_DEPTH:
        raise NestedTooDeep(name=path[:60], most=MAX_DEPTH)
    table: Table = {}
    for given in headers:
        header = _header(given, path)
        inner = f"{path}.{header.name}" if path else header.name
        if header.name in table:
            raise HeaderTwice(name=inner)
        table[header.name] = _value(header, inner, depth)
    return table


def _header(given: Header | Mapping[str, Any], path: str) -> Header:
    if isinstance(given, Header):
        return given
    try:
        return Header(str(given.get("name", "")), FieldType(given["type"]), given.get("value"))
    except (AttributeError, KeyError, ValueError) as exc:
        raise HeaderInvalid(name=path, type="table", value=str(given)[:80], example=_EXAMPLES[FieldType.TABLE]) from exc


def _value(header: Header, path: str, depth: int) -> Value:
    try:
        return _plain_value(header.type, header.value, path, depth)
    except (TypeError, ValueError, ArithmeticError, binascii.Error) as exc:
        shown = str(header.value)[:80]
        raise HeaderInvalid(name=path, type=header.type.value, value=shown, example=_EXAMPLES[header.type]) from exc


def _plain_value(type_: FieldType, value: Any, path: str, depth: int) -> Value:  # noqa: C901 - a case a type
    if type_ is FieldType.STRING:
        return _of_type(value, str)
    if type_ is FieldType.BOOLEAN:
        return _of_type(value, bool)
    if type_ in {FieldType.INTEGER, FieldType.TIMESTAMP}:
        number = _whole(value)
        return Timestamp(number) if type_ is FieldType.TIMESTAMP else number
    if type_ is FieldType.FLOAT:
        if isinstance(value, str):
            return _UNUSUAL_FLOATS[value.lower()] if value.lower() in _UNUSUAL_FLOATS else float(value)
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    if type_ is FieldType.DECIMAL:
        number_text = value if isinstance(value, str) else repr(_whole(value))
        try:
            decimal = Decimal(number_text)
        except InvalidOperation as exc:
            raise ValueError(number_text) from exc
        if not decimal.is_finite():
            raise ValueError(number_text)
        return decimal
    if type_ is FieldType.BYTES:
        return base64.b64decode(_of_type(value, str), validate=True)
    if type_ is FieldType.NULL:
        return None
    if not isinstance(value, list):
        raise TypeError
    if type_ is FieldType.TABLE:
        return _table(value, path, depth + 1)
    if depth + 1 > MAX_DEPTH:
        raise NestedTooDeep(name=path[:60], most=MAX_DEPTH)
    return [_value(_header(one, path), f"{path}.{index}", depth + 1) for index, one in enumerate(value)]


def _of_type(value: Any, type_: type) -> Any:
    if not isinstance(value, type_):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    """Answer a whole number; as text too, for those who cannot write 64 bits in JSON."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    return int(value)


def headers_of(table: Mapping[str, Value]) -> list[Header]:
    """Answer typed headers for the wire; tables and arrays as plain objects of the same shape."""
    return [_typed(name, value) for name, value in table.items()]


def _typed(name: str, value: Value) -> Header:
    if isinstance(value, str):
        return Header(name, FieldType.STRING, value)
    if isinstance(value, bool):
        return Header(name, FieldType.BOOLEAN, value)
    if isinstance(value, Timestamp):
        return Header(name, FieldType.TIMESTAMP, int(value))
    if isinstance(value, int):
        return Header(name, FieldType.INTEGER, value)
    if isinstance(value, float):
        return Header(name, FieldType.FLOAT, value if math.isfinite(value) else str(value))
    if value is None:
        return Header(name, FieldType.NULL)
    if isinstance(value, bytes):
        return Header(name, FieldType.BYTES, base64.b64encode(value).decode())
    if isinstance(value, Decimal):
        return Header(name, FieldType.DECIMAL, format(value, "f"))
    if isinstance(value, list):
        return Header(name, FieldType.ARRAY, [_as_object(_typed("", one)) for one in value])
    return Header(name, FieldType.TABLE, [_as_object(header) for header in headers_of(value)])


def _as_object(header: Header) -> dict[str, Any]:
    return {"name": header.name, "type": header.type.value, "value": header.value}


def plain_json(table: Mapping[str, Value]) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer *table* as plain JSON, and the types of those values, by dotted path, that JSON does not show."""
    types: dict[str, str] = {}
    return {name: _plain(value, name, types) for name, value in table.items()}, types


def _plain(value: Value, path: str, types: dict[str, str]) -> Any:
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {name: _plain(one, f"{path}.{name}", types) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, f"{path}.{index}", types) for index, one in enumerate(value)]
    header = _typed("", value)
    if header.type is not FieldType.INTEGER and not (header.type is FieldType.FLOAT and isinstance(header.value, float)):
        types[path] = header.type.value
    return header.value
