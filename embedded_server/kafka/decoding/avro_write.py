"""JSON values to Avro's binary encoding, checked against the schema with the path of whatever does not fit (Avro 1.12, "Binary Encoding").

Takes what the reader shows: bytes as Base64, decimals and times as text. A union takes the first branch that fits, or the one that is
named as in Avro's own JSON: ``{"string": "x"}``.
"""

import base64
import struct
from collections.abc import Callable
from typing import Any, ClassVar, Final

from embedded_server.kafka.decoding.avro_logical import decimal_bytes, duration_bytes, ticks_of, uuid_bytes
from embedded_server.kafka.decoding.avro_nodes import AvroSchema, Field, Node, Shape
from embedded_server.kafka.decoding.budget import MOST_VALUES
from embedded_server.kafka.decoding.json_exact import MAX_DEPTH
from embedded_server.kafka.decoding.json_places import Path, said
from embedded_server.kafka.decoding.problems import NotWritable

_FLOAT: Final = struct.Struct("<f")
_DOUBLE: Final = struct.Struct("<d")
_FLOAT_WORDS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_EXAMPLES: Final = {
    "date": "a date such as “2026-11-24”",
    "time-millis": "a time such as “11:51:18.123”",
    "time-micros": "a time such as “11:51:18.123456”",
    "decimal": "a decimal such as “12.30”",
    "uuid": "a UUID",
    "duration": "months, days and millis",
}


def write_avro(schema: AvroSchema, value: Any, name: str) -> bytes:
    """Answer *value* in Avro's binary encoding. Raises `NotWritable` with path and what is expected there."""
    writer = _Writer(name)
    writer.write(schema.root, value, ())
    return bytes(writer.made)


class _Unfit(Exception):
    """A value does not fit; a union tries its next branch."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


class _Writer:
    """Writes one value after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST_VALUES
        self._default = False
        """Within a field's default, bytes are text of code points below 256."""
        self.made = bytearray()

    def write(self, node: Node, value: Any, path: Path) -> None:
        """Write a whole value. Raises `NotWritable`."""
        try:
            self._write(node, value, path)
        except _Unfit as exc:
            raise NotWritable(path=said(exc.path)[:200], reason=exc.reason, schema=self._name) from None

    def _write(self, node: Node, value: Any, path: Path) -> None:
        self._left -= 1
        if self._left < 0 or len(path) > MAX_DEPTH:
            reason = "too many values" if self._left < 0 else "nested too deeply"
            raise NotWritable(path=said(path)[:200], reason=reason, schema=self._name)
        self._writers[node.shape](self, node, value, path)

    # -- containers

    def _record(self, node: Node, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise _expected(f"an object ({node.name})", value, path)
        for field in node.fields:
            if field.name in value:
                self._write(field.node, value[field.name], (*path, field.name))
            elif field.has_default:
                self._write_default(field, (*path, field.name))
            else:
                raise _Unfit((*path, field.name), f"the field “{field.name}” is missing, and has no default")
        unknown = value.keys() - {field.name for field in node.fields}
        if unknown:
            name = min(unknown)
            known = ", ".join(field.name for field in node.fields)
            raise _Unfit((*path, name), f"{node.name} has no field “{name}”; it has: {known}")

    def _write_default(self, field: Field, path: Path) -> None:
        before, self._default = self._default, True
        try:
            self._write(field.node, field.default, path)
        finally:
            self._default = before

    def _array(self, node: Node, value: Any, path: Path) -> None:
        if not isinstance(value, list):
            raise _expected("a list", value, path)
        if value:
            self._number(len(value))
            for number, one in enumerate(value):
                self._write(node.inner, one, (*path, number))
        self._number(0)

    def _map(self, node: Node, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise _expected("an object", value, path)
        if value:
            self._number(len(value))
            for name, one in value.items():
                self._text(name, (*path, name))
                self._write(node.inner, one, (*path, name))
        self._number(0)

    def _union(self, node: Node, value: Any, path: Path) -> None:
        mark = len(self.made)
        if isinstance(value, dict) and len(value) == 1:
            ((name, inner),) = value.items()
            for number, branch in enumerate(node.branches):
                if (
                    name in {branch.said, branch.name.rpartition(".")[2]}
                    and self._tried(number, branch, inner, (*path, name), mark) is None
                ):
                    return
        faults: list[_Unfit] = []
        for number, branch in enumerate(node.branches):
            fault = self._tried(number, branch, value, path, mark)
            if fault is None:
                return
            if branch.shape is not Shape.NULL:
                faults.append(fault)
        deepest = max(faults, key=lambda fault: len(fault.path), default=None)
        if deepest is not None and (len(faults) == 1 or len(deepest.path) > len(path)):
            raise deepest
        raise _expected("one of " + ", ".join(branch.said for branch in node.branches), value, path)

    def _tried(self, number: int, branch: Node, value: Any, path: Path, mark: int) -> _Unfit | None:
        self._number(number)
        try:
            self._write(branch, value, path)
        except _Unfit as exc:
            del self.made[mark:]
            return exc
        return None

    # -- single values

    def _null(self, _: Node, value: Any, path: Path) -> None:
        if value is not None:
            raise _expected("null", value, path)

    def _boolean(self, _: Node, value: Any, path: Path) -> None:
        if not isinstance(value, bool):
            raise _expected("true or false", value, path)
        self.made.append(value)

    def _integer(self, node: Node, value: Any, path: Path) -> None:
        bits = 32 if node.shape is Shape.INT else 64
        number = value if isinstance(value, int) and not isinstance(value, bool) else ticks_of(node, value) if node.logical else None
        if number is None:
            example = _EXAMPLES.get(node.logical, "an instant such as “2026-11-24T11:51:18.123Z”") if node.logical else ""
            raise _expected(f"{example or 'a whole number'} ({node.said})", value, path)
        if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise _Unfit(path, f"{number} does not fit into {bits} bits ({node.said})")
        self._number(number)

    def _real(self, node: Node, value: Any, path: Path) -> None:
        number = _FLOAT_WORDS.get(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise _expected(f"a number ({node.said})", value, path)
        try:
            self.made += (_FLOAT if node.shape is Shape.FLOAT else _DOUBLE).pack(number)
        except (OverflowError, struct.error) as exc:
            raise _Unfit(path, f"{str(number)[:40]} does not fit into a {node.said}") from exc

    def _string(self, _: Node, value: Any, path: Path) -> None:
        if not isinstance(value, str):
            raise _expected("a text", value, path)
        self._text(value, path)

    def _bytes(self, node: Node, value: Any, path: Path) -> None:
        raw = self._raw(node, value, path)
        self._number(len(raw))
        self.made += raw

    def _fixed(self, node: Node, value: Any, path: Path) -> None:
        raw = self._raw(node, value, path)
        if len(raw) != node.size:
            raise _Unfit(path, f"expected {node.size} bytes ({node.name}), got {len(raw)}")
        self.made += raw

    def _enum(self, node: Node, value: Any, path: Path) -> None:
        if value not in node.symbols:
            raise _expected(f"one of {', '.join(node.symbols)} ({node.name})", value, path)
        self._number(node.symbols.index(value))

    def _raw(self, node: Node, value: Any, path: Path) -> bytes:
        if self._default and isinstance(value, str):
            return value.encode("latin-1", "replace")
        made = {"decimal": lambda: decimal_bytes(node, value), "duration": lambda: duration_bytes(value), "uuid": lambda: uuid_bytes(value)}
        if node.logical:
            raw = made[node.logical]()
            if raw is None:
                scale = f", at most {node.scale} digits after the point" if node.logical == "decimal" else ""
                raise _expected(f"{_EXAMPLES[node.logical]}{scale}", value, path)
            return raw
        try:
            return base64.b64decode(value, validate=True)
        except (ValueError, TypeError) as exc:
            raise _expected("bytes as Base64", value, path) from exc

    def _text(self, text: str, path: Path) -> None:
        try:
            raw = text.encode()
        except UnicodeEncodeError as exc:
            raise _Unfit(path, "half a character (a lone surrogate)") from exc
        self._number(len(raw))
        self.made += raw

    def _number(self, number: int) -> None:
        """Write a zig-zag number."""
        value = (number << 1) ^ (number >> 63)
        while value > 0x7F:
            self.made.append(value & 0x7F | 0x80)
            value >>= 7
        self.made.append(value)

    _writers: ClassVar[dict[Shape, Callable[["_Writer", Node, Any, Path], None]]] = {
        Shape.NULL: _null,
        Shape.BOOLEAN: _boolean,
        Shape.INT: _integer,
        Shape.LONG: _integer,
        Shape.FLOAT: _real,
        Shape.DOUBLE: _real,
        Shape.BYTES: _bytes,
        Shape.STRING: _string,
        Shape.RECORD: _record,
        Shape.ENUM: _enum,
        Shape.ARRAY: _array,
        Shape.MAP: _map,
        Shape.UNION: _union,
        Shape.FIXED: _fixed,
    }


def _expected(what: str, value: Any, path: Path) -> _Unfit:
    got = "null" if value is None else "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else f"{value!s:.40}"
    return _Unfit(path, f"expected {what}, got {got}")
