"""Protobuf's binary encoding to JSON values (https://protobuf.dev/programming-guides/encoding/).

Read by our own reader: it names the byte and the field that do not fit, keeps 64-bit numbers numbers, shows what the schema does not
know, and makes no more of a few bytes than its budget allows.
"""

import base64
import struct
from collections.abc import Callable
from typing import Any, Final

from embedded_server.kafka.decoding.budget import Budget, Enough
from embedded_server.kafka.decoding.json_exact import said
from embedded_server.kafka.decoding.plain import shortest
from embedded_server.kafka.decoding.problems import DoesNotFit, Truncated, Undecodable
from embedded_server.kafka.decoding.proto_known import KNOWN
from embedded_server.kafka.decoding.proto_schema import FieldPlan, MessagePlan, ProtoSchema, Scalar

UNKNOWN: Final = "(unknown fields)"
"""The member that holds what the schema does not have, by numbers."""
_ANY: Final = "google.protobuf.Any"
_WIRE: Final = {
    **dict.fromkeys((Scalar.DOUBLE, Scalar.FIXED64, Scalar.SFIXED64), 1),
    **dict.fromkeys((Scalar.FLOAT, Scalar.FIXED32, Scalar.SFIXED32), 5),
    **dict.fromkeys((Scalar.STRING, Scalar.BYTES, Scalar.MESSAGE, Scalar.GROUP), 2),
}
_FIXED: Final = {
    Scalar.DOUBLE: struct.Struct("<d"),
    Scalar.FLOAT: struct.Struct("<f"),
    Scalar.FIXED64: struct.Struct("<Q"),
    Scalar.SFIXED64: struct.Struct("<q"),
    Scalar.FIXED32: struct.Struct("<I"),
    Scalar.SFIXED32: struct.Struct("<i"),
}


class ProtoReader:
    """Reads one message's bytes."""

    def __init__(self, schema: ProtoSchema, plan: MessagePlan) -> None:
        self._schema = schema
        self.plan = plan

    def read(self, data: bytes, at: int = 0, *, preview: bool = False) -> Any:
        """Read the message that takes all of *data* from *at* on; a *preview* only the beginning of a large one.

        Raises an `Undecodable` that says where it does not fit.
        """
        made: dict[str, Any] = {}
        try:
            _Reader(self._schema, data, Budget(preview=preview), self.plan.name).message(self.plan, at, len(data), made)
        except Enough:
            return made
        return shown(self.plan.name, made)


def shown(name: str, made: dict[str, Any]) -> Any:
    """Answer one of Protobuf's own types as JSON has it, such as a Timestamp as text; other messages as they are."""
    show = KNOWN.get(name)
    return made if show is None else show(made)


class _Reader:
    """Reads messages within one run of bytes."""

    def __init__(self, schema: ProtoSchema, data: bytes, budget: Budget, name: str) -> None:
        self._schema = schema
        self._data = data
        self._budget = budget
        self._name = name
        self._path: list[str] = ["$"]

    def message(self, plan: MessagePlan, at: int, end: int, made: dict[str, Any], group: int = 0) -> int:
        """Read fields into *made* until *end*, or until the mark that ends *group*; answer where that was."""
        self._budget.enter()
        for name, value in plan.defaults.items():
            made.setdefault(name, value)
        while at < end:
            start = at
            tag, at = self._varint(at, end)
            number, wire = tag >> 3, tag & 7
            if not 0 < number < 2**29:
                raise self._unfit(f"{number} is no field's number", start)
            if wire == 4:
                if number != group:
                    raise self._unfit("a group ends that has not begun", start)
                self._budget.leave()
                return at
            self._budget.spend()
            field = plan.fields.get(number)
            if field is None:
                at = self._unknown(made, number, wire, at, end, start)
            else:
                self._path.append(f".{field.name}")
                at = self._field(field, wire, at, end, made, start, number)
                self._path.pop()
        if group:
            raise self._cut(end)
        self._budget.leave()
        return at

    def _field(self, field: FieldPlan, wire: int, at: int, end: int, made: dict[str, Any], start: int, number: int) -> int:
        wanted = _WIRE.get(field.scalar, 0)
        if wire == 2 and wanted != 2 and field.repeated:
            return self._packed(field, at, end, made)
        if wire == 3 and field.message is not None:
            inner: dict[str, Any] = {}
            at = self.message(field.message, at, end, inner, number)
            self._put(field, made, shown(field.message.name, inner))
            return at
        if wire != wanted:
            raise self._unfit(f"a field of wire type {wire} where the schema has {wanted} ({field.scalar.name.lower()})", start)
        if field.message is not None:
            return self._nested(field, field.message, at, end, made)
        value, at = self._scalar(field, at, end)
        self._put(field, made, value)
        return at

    def _nested(self, field: FieldPlan, plan: MessagePlan, at: int, end: int, made: dict[str, Any]) -> int:
        at, stop = self._stop(at, end)
        inner: dict[str, Any] = {}
        if plan.is_map_entry:
            self.message(plan, at, stop, inner)
            members = made.setdefault(field.name, {})
            members[_map_key(inner.get("key", _map_default(plan, 1)))] = inner.get("value", _map_default(plan, 2))
            return stop
        old = made.get(field.name)
        if not field.repeated and isinstance(old, dict) and plan.name not in KNOWN:
            inner = old  # a message that comes in several parts is merged
        elif plan.name not in KNOWN and plan.name != _ANY:
            self._put(field, made, inner)  # before it is filled, so that a preview sees its beginning
        self.message(plan, at, stop, inner)
        if plan.name in KNOWN:
            self._put(field, made, shown(plan.name, inner))
        elif plan.name == _ANY:
            self._put(field, made, self._any(inner))
        return stop

    def _any(self, inner: dict[str, Any]) -> Any:
        """Answer what an Any holds, where the schema knows its type; else its bytes."""
        url, raw = str(inner.get("type_url", "")), inner.get("value", "")
        name = url.rpartition("/")[2]
        if not self._schema.knows(name):
            return {"@type": url, "value": raw}
        data = base64.b64decode(raw)
        made: dict[str, Any] = {}
        level = self._budget.level
        try:
            _Reader(self._schema, data, self._budget, name).message(self._schema.message(name), 0, len(data), made)
        except Undecodable:
            self._budget.level = level
            return {"@type": url, "value": raw}
        value = shown(name, made)
        return {"@type": url, **value} if value is made else {"@type": url, "value": value}

    def _packed(self, field: FieldPlan, at: int, end: int, made: dict[str, Any]) -> int:
        at, stop = self._stop(at, end)
        while at < stop:
            self._budget.spend()
            value, at = self._scalar(field, at, stop)
            self._put(field, made, value)
        return stop

    @staticmethod
    def _put(field: FieldPlan, made: dict[str, Any], value: Any) -> None:
        if field.repeated:
            made.setdefault(field.name, []).append(value)
        else:
            made[field.name] = value

    # -- single values

    def _scalar(self, field: FieldPlan, at: int, end: int) -> tuple[Any, int]:
        scalar = field.scalar
        form = _FIXED.get(scalar)
        if form is not None:
            if at + form.size > end:
                raise self._cut(end)
            (number,) = form.unpack_from(self._data, at)
            if scalar is Scalar.FLOAT:
                number = shortest(number)
            return said(number) if isinstance(number, float) else number, at + form.size
        if scalar is Scalar.STRING or scalar is Scalar.BYTES:
            at, stop = self._stop(at, end)
            return self._text(at, stop) if scalar is Scalar.STRING else base64.b64encode(self._data[at:stop]).decode(), stop
        raw, at = self._varint(at, end)
        return field.symbols.get(_signed(raw, 32), _signed(raw, 32)) if scalar is Scalar.ENUM else _VARINTS[scalar](raw), at

    def _text(self, at: int, stop: int) -> str:
        try:
            return self._data[at:stop].decode()
        except UnicodeDecodeError as exc:
            raise self._unfit("a string that is not UTF-8", at + exc.start) from exc

    def _unknown(self, made: dict[str, Any], number: int, wire: int, at: int, end: int, start: int) -> int:
        """Keep what the schema does not know, by its number: numbers as they are, bytes as Base64."""
        value: Any
        if wire == 0:
            value, at = self._varint(at, end)
        elif wire in {1, 5}:
            size = 8 if wire == 1 else 4
            if at + size > end:
                raise self._cut(end)
            value, at = int.from_bytes(self._data[at : at + size], "little"), at + size
        elif wire == 2:
            at, stop = self._stop(at, end)
            value, at = {"base64": base64.b64encode(self._data[at:stop]).decode()}, stop
        elif wire == 3:
            value = {}
            at = self.message(MessagePlan(""), at, end, value, number)
        else:
            raise self._unfit(f"there is no wire type {wire}", start)
        made.setdefault(UNKNOWN, {}).setdefault(str(number), []).append(value)
        return at

    def _stop(self, at: int, end: int) -> tuple[int, int]:
        size, at = self._varint(at, end)
        if at + size > end:
            raise self._cut(end)
        return at, at + size

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        start, value, shift = at, 0, 0
        data = self._data
        while at < end:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at
            shift += 7
            if shift > 63:
                raise self._unfit("a number of more than 64 bits", start)
        raise self._cut(end)

    def _cut(self, at: int) -> Truncated:
        return Truncated(at=at, path="".join(self._path)[:200], schema=self._name)

    def _unfit(self, reason: str, at: int) -> DoesNotFit:
        return DoesNotFit(reason=reason, at=at, path="".join(self._path)[:200], schema=self._name)


def _signed(raw: int, bits: int) -> int:
    low = raw & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def _zigzag(raw: int) -> int:
    return (raw >> 1) ^ -(raw & 1)


_VARINTS: Final[dict[Scalar, Callable[[int], Any]]] = {
    Scalar.INT64: lambda raw: _signed(raw, 64),
    Scalar.UINT64: lambda raw: raw,
    Scalar.INT32: lambda raw: _signed(raw, 32),
    Scalar.UINT32: lambda raw: raw & 0xFFFF_FFFF,
    Scalar.SINT32: lambda raw: _zigzag(raw & 0xFFFF_FFFF),
    Scalar.SINT64: _zigzag,
    Scalar.BOOL: bool,
}


def _map_key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _map_default(plan: MessagePlan, number: int) -> Any:
    field = plan.fields[number]
    if field.message is not None:
        return shown(field.message.name, dict(field.message.defaults))
    if field.scalar is Scalar.ENUM:
        return field.symbols.get(0, 0)
    return {Scalar.STRING: "", Scalar.BYTES: "", Scalar.BOOL: False, Scalar.DOUBLE: 0.0, Scalar.FLOAT: 0.0}.get(field.scalar, 0)
