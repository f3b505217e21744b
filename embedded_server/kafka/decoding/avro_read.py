"""Avro's binary encoding to JSON values (Avro 1.12, "Binary Encoding").

Two readers: fastavro's, which is fast, for what is small and cannot grow; and our own, which names the byte and the field where a record
ends too early, ends a preview early, and neither recurses to death nor fills memory whatever the bytes are.
"""

import io
import struct
from collections.abc import Callable
from typing import Any, ClassVar, Final

import fastavro
import fastavro.read

from embedded_server.kafka.decoding.avro_logical import shown
from embedded_server.kafka.decoding.avro_nodes import AvroSchema, Node, Shape
from embedded_server.kafka.decoding.budget import Budget, Enough
from embedded_server.kafka.decoding.json_exact import said
from embedded_server.kafka.decoding.problems import DoesNotFit, LeftOver, Truncated

FAST_BYTES: Final = 16 * 1024
"""fastavro makes up to some hundred bytes of each: no more than this is given to it."""
_OURS: Final = "switchroom"
"""Prefix of the logical types by which fastavro hands values to our own texts instead of Python's dates, which hold less."""
_FLOAT: Final = struct.Struct("<f")
_DOUBLE: Final = struct.Struct("<d")
_NOTHING: Final = object()
_FLOATS: Final = frozenset({Shape.FLOAT, Shape.DOUBLE})


class AvroReader:
    """Reads values of one schema."""

    def __init__(self, schema: AvroSchema, name: str) -> None:
        self._schema = schema
        self._name = name
        self._fast: Any = None
        self.floats = _has_floats(schema.root, set())
        """Whether there may be numbers in it that JSON cannot say."""
        if not schema.recursive and not schema.weightless:
            self._fast = fastavro.parse_schema(_plain(schema.root, {}))

    def read(self, data: bytes, at: int = 0) -> Any:
        """Read the value that takes all of *data* from *at* on. Raises an `Undecodable` that says where it does not fit."""
        reader = _Reader(data, at, Budget(), self._name)
        holder: list[Any] = []
        reader.read_into(self._schema.root, holder.append)
        if reader.at < len(data):
            raise LeftOver(count=len(data) - reader.at, at=reader.at, schema=self._name)
        return holder[0]

    def beginning(self, data: bytes, at: int = 0) -> Any:
        """Read a value for a preview: quick, and of a large one only the beginning. Raises an `Undecodable`."""
        value = self._quickly(data, at)
        if value is not _NOTHING:
            return value
        reader = _Reader(data, at, Budget(preview=True), self._name)
        holder: list[Any] = []
        try:
            reader.read_into(self._schema.root, holder.append)
        except Enough:
            return holder[0] if holder else None
        if reader.at < len(data):
            raise LeftOver(count=len(data) - reader.at, at=reader.at, schema=self._name)
        return holder[0]

    def whole(self, data: bytes, at: int = 0) -> Any:
        """Read all of a value, quickly where that is possible. Raises an `Undecodable`."""
        value = self._quickly(data, at)
        return self.read(data, at) if value is _NOTHING else value

    def _quickly(self, data: bytes, at: int) -> Any:
        if self._fast is None or len(data) > FAST_BYTES:
            return _NOTHING
        stream = io.BytesIO(data)
        stream.seek(at)
        try:
            value = fastavro.schemaless_reader(stream, self._fast, None)
        except Exception:  # noqa: BLE001 - whatever it was, our own reader tells it better
            return _NOTHING
        return value if stream.tell() == len(data) else _NOTHING


class _Reader:
    """Reads one value after the other; containers are handed on before they are filled, so that a preview sees their beginning."""

    def __init__(self, data: bytes, at: int, budget: Budget, name: str) -> None:
        self._data = data
        self._budget = budget
        self._name = name
        self._path: list[str] = ["$"]
        self.at = at

    def read_into(self, node: Node, put: Callable[[Any], Any]) -> None:
        """Read a value of *node* and *put* it."""
        self._budget.spend()
        match node.shape:
            case Shape.RECORD:
                self._record(node, put)
            case Shape.ARRAY | Shape.MAP:
                self._container(node, put)
            case Shape.UNION:
                start = self.at
                number = self._long()
                if not 0 <= number < len(node.branches):
                    raise self._unfit(f"{number} is none of the union's {len(node.branches)} branches", start)
                self._budget.enter()
                self.read_into(node.branches[number], put)
                self._budget.leave()
            case _:
                raw = self._scalars[node.shape](self, node)
                show = shown(node)
                value = raw if show is None else show(raw)
                put(said(value) if isinstance(value, float) else value)

    def _record(self, node: Node, put: Callable[[Any], Any]) -> None:
        made: dict[str, Any] = {}
        put(made)
        self._budget.enter()
        for field in node.fields:
            self._path.append(f".{field.name}")
            self.read_into(field.node, lambda value, name=field.name: made.__setitem__(name, value))  # type: ignore[misc] # mypy cannot infer a lambda with a default
            self._path.pop()
        self._budget.leave()

    def _container(self, node: Node, put: Callable[[Any], Any]) -> None:
        is_map = node.shape is Shape.MAP
        members: dict[str, Any] = {}
        items: list[Any] = []
        put(members if is_map else items)
        self._budget.enter()
        number = 0
        while count := self._long():
            if count < 0:
                count = -count
                self._long()  # the block's size in bytes, for those who skip it
            for _ in range(count):
                name = self._text() if is_map else ""
                self._path.append(f".{name[:40]}" if is_map else f"[{number}]")
                self.read_into(node.inner, (lambda value, name=name: members.__setitem__(name, value)) if is_map else items.append)  # type: ignore[misc] # mypy cannot infer a lambda with a default
                self._path.pop()
                number += 1
            self._budget.spend()  # empty blocks without end are no way out either
        self._budget.leave()

    def _null(self, _: Node) -> None:
        return None

    def _boolean(self, _: Node) -> bool:
        start = self.at
        byte = self._take(1)[0]
        if byte > 1:
            raise self._unfit(f"0x{byte:02x} is no boolean", start)
        return byte == 1

    def _int(self, _: Node) -> int:
        start = self.at
        number = self._long()
        if not -(2**31) <= number < 2**31:
            raise self._unfit(f"{number} is beyond an int's 32 bits", start)
        return number

    def _enum(self, node: Node) -> str:
        start = self.at
        number = self._long()
        if not 0 <= number < len(node.symbols):
            raise self._unfit(f"{number} is none of the {len(node.symbols)} symbols of {node.name}", start)
        return node.symbols[number]

    _scalars: ClassVar[dict[Shape, Callable[["_Reader", Node], Any]]] = {
        Shape.NULL: _null,
        Shape.BOOLEAN: _boolean,
        Shape.INT: _int,
        Shape.LONG: lambda self, _: self._long(),
        Shape.FLOAT: lambda self, _: _FLOAT.unpack(self._take(4))[0],
        Shape.DOUBLE: lambda self, _: _DOUBLE.unpack(self._take(8))[0],
        Shape.BYTES: lambda self, _: self._sized(),
        Shape.STRING: lambda self, _: self._text(),
        Shape.FIXED: lambda self, node: self._take(node.size),
        Shape.ENUM: _enum,
    }

    def _long(self) -> int:
        """Read a zig-zag number of at most ten bytes."""
        start, value, shift = self.at, 0, 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise self._unfit("a number of more than 64 bits", start)
        if value >= 2**64:
            raise self._unfit("a number of more than 64 bits", start)
        return (value >> 1) ^ -(value & 1)

    def _sized(self) -> bytes:
        start = self.at
        size = self._long()
        if size < 0:
            raise self._unfit(f"a length of {size}", start)
        return self._take(size)

    def _text(self) -> str:
        raw = self._sized()
        try:
            return raw.decode()
        except UnicodeDecodeError as exc:
            raise self._unfit("a string that is not UTF-8", self.at - len(raw) + exc.start) from exc

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._data):
            raise Truncated(at=len(self._data), path=self._where(), schema=self._name)
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def _unfit(self, reason: str, at: int) -> DoesNotFit:
        return DoesNotFit(reason=reason, at=at, path=self._where(), schema=self._name)

    def _where(self) -> str:
        return "".join(self._path)[:200]


# -- for fastavro


def _plain(node: Node, known: dict[str, bool]) -> Any:
    """Answer a schema for fastavro: names in full, and our own logical types in the place of Avro's."""
    if node.name and node.name in known:
        return node.name
    known[node.name] = True
    match node.shape:
        case Shape.UNION:
            return [_plain(branch, known) for branch in node.branches]
        case Shape.ARRAY:
            return {"type": "array", "items": _plain(node.inner, known)}
        case Shape.MAP:
            return {"type": "map", "values": _plain(node.inner, known)}
        case Shape.RECORD:
            fields = [{"name": field.name, "type": _plain(field.node, known)} for field in node.fields]
            return {"type": "record", "name": node.name, "fields": fields}
        case Shape.ENUM:
            return {"type": "enum", "name": node.name, "symbols": node.symbols}
        case Shape.FIXED:
            return {"type": "fixed", "name": node.name, "size": node.size, **_hook("fixed", node)}
        case _:
            kind = node.shape.name.lower()
            return {"type": kind, **hook} if (hook := _hook(kind, node)) else kind


def _hook(kind: str, node: Node) -> dict[str, str]:
    """Let fastavro hand values to what shows them: its readers of logical types are looked up by name."""
    show = shown(node)
    if show is None or show is str:
        return {}
    name = f"{_OURS}-{node.logical or kind}-{node.scale}"
    fastavro.read.LOGICAL_READERS.setdefault(f"{kind}-{name}", lambda raw, *_: show(raw))
    return {"logicalType": name}


def _has_floats(node: Node, seen: set[int]) -> bool:
    if id(node) in seen:
        return False
    seen.add(id(node))
    inner = [field.node for field in node.fields] + node.branches + ([node.items] if node.items is not None else [])
    return node.shape in _FLOATS or any(_has_floats(one, seen) for one in inner)
