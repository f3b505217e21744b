"""Avro schemas: read from their JSON, names resolved, every mistake with its place (Avro 1.12, "Schema Declaration")."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from embedded_server.kafka.decoding.avro_nodes import LOGICAL, PRIMITIVES, AvroSchema, Field, Node, Shape
from embedded_server.kafka.decoding.json_places import Path, invalid, parse
from embedded_server.kafka.decoding.problems import SchemaInvalid

MOST_LEVELS: Final = 100
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MISSING: Final = object()


def compile_avro(text: str, *, name: str = "schema", imports: Mapping[str, str] | None = None) -> AvroSchema:
    """Read a schema; names that it does not define are looked for in *imports*. Raises `SchemaInvalid` with line and column."""
    compiler = _Compiler(name, text)
    for path, other in (imports or {}).items():
        compiler.add_import(path, other)
    return compiler.run()


@dataclass(slots=True)
class _Source:
    """A text and how far into it we are."""

    name: str
    text: str
    imported: bool = False

    def fault(self, path: Path, reason: str) -> SchemaInvalid:
        return invalid(self.text, self.name, path, reason)


class _Compiler:
    """Reads one schema with all that it names."""

    def __init__(self, name: str, text: str) -> None:
        self._main = _Source(name, text)
        self._named: dict[str, Node] = {}
        self._open: set[str] = set()
        self._offered: dict[str, tuple[_Source, Any, str, Path]] = {}
        self._names: list[str] = []
        self._recursive = False
        self._weightless = False

    def add_import(self, name: str, text: str) -> None:
        """Offer the names that another text defines."""
        source = _Source(name, text, imported=True)
        self._offer(source, parse(text, name), "", ())

    def _offer(self, source: _Source, value: Any, space: str, path: Path) -> None:
        if len(path) > MOST_LEVELS * 2:
            raise source.fault(path, "nested too deeply")
        if isinstance(value, list):
            for number, one in enumerate(value):
                self._offer(source, one, space, (*path, number))
        elif isinstance(value, dict):
            if isinstance(value.get("name"), str) and value.get("type") in {"record", "error", "enum", "fixed"}:
                full = _full_name(value["name"], value.get("namespace"), space)
                self._offered.setdefault(full, (source, value, space, path))
                space = full.rpartition(".")[0]
            for key in ("type", "items", "values"):
                self._offer(source, value.get(key), space, (*path, key))
            fields = value.get("fields")
            for number, one in enumerate(fields if isinstance(fields, list) else []):
                self._offer(source, one, space, (*path, "fields", number))

    def run(self) -> AvroSchema:
        """Answer the schema."""
        value = parse(self._main.text, self._main.name)
        root = self._node(self._main, value, "", (), 0)
        return AvroSchema(root, self._names, self._recursive, self._weightless or _takes_nothing(root))

    def _node(self, source: _Source, value: Any, space: str, path: Path, level: int) -> Node:
        if level > MOST_LEVELS:
            raise source.fault(path, "nested too deeply")
        if isinstance(value, str):
            return self._by_name(source, value, space, path, level)
        if isinstance(value, list):
            return self._union(source, value, space, path, level)
        if not isinstance(value, dict):
            raise source.fault(path, "a schema is a name, an object or a list")
        kind = value.get("type", _MISSING)
        if kind is _MISSING:
            raise source.fault(path, "“type” is missing")
        if isinstance(kind, dict | list):
            return self._node(source, kind, space, (*path, "type"), level + 1)
        if not isinstance(kind, str):
            raise source.fault((*path, "type"), "a type is a name, an object or a list")
        if (define := self._definers.get(kind)) is not None:
            return define(self, source, value, space, path, level)
        node = self._by_name(source, kind, space, (*path, "type"), level)
        return self._logical(node, value) if kind in PRIMITIVES else node

    def _by_name(self, source: _Source, name: str, space: str, path: Path, level: int) -> Node:
        if name in PRIMITIVES:
            return Node(PRIMITIVES[name])
        for full in (_full_name(name, None, space), name):
            if full in self._named:
                self._recursive = self._recursive or full in self._open
                return self._named[full]
            if full in self._offered:
                other, value, its_space, its_path = self._offered[full]
                return self._node(other, value, its_space, its_path, level + 1)
        raise source.fault(path, f"nothing is called “{name}”")

    def _union(self, source: _Source, value: list[Any], space: str, path: Path, level: int) -> Node:
        node = Node(Shape.UNION)
        known: set[str] = set()
        for number, one in enumerate(value):
            here = (*path, number)
            branch = self._node(source, one, space, here, level + 1)
            if branch.shape is Shape.UNION:
                raise source.fault(here, "a union cannot be directly within a union")
            if branch.said in known:
                raise source.fault(here, f"the union has “{branch.said}” twice")
            known.add(branch.said)
            node.branches.append(branch)
        return node

    def _container(self, source: _Source, value: dict[str, Any], space: str, path: Path, level: int) -> Node:
        shape, key = (Shape.ARRAY, "items") if value["type"] == "array" else (Shape.MAP, "values")
        if key not in value:
            raise source.fault(path, f"“{key}” is missing")
        node = Node(shape, items=self._node(source, value[key], space, (*path, key), level + 1))
        self._weightless = self._weightless or _takes_nothing(node.inner)
        return node

    def _record(self, source: _Source, value: dict[str, Any], space: str, path: Path, level: int) -> Node:
        node = self._define(source, value, Shape.RECORD, space, path)
        if not source.imported:
            self._names.append(node.name)
        fields = value.get("fields")
        if not isinstance(fields, list):
            raise source.fault((*path, "fields"), f"the record “{node.name}” needs a list of fields")
        self._open.add(node.name)
        inner = node.name.rpartition(".")[0]
        known: set[str] = set()
        for number, one in enumerate(fields):
            here = (*path, "fields", number)
            name = one.get("name") if isinstance(one, dict) else None
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise source.fault(here, "a field needs a name of letters, digits and _")
            if name in known:
                raise source.fault((*here, "name"), f"the field “{name}” is there twice")
            if "type" not in one:
                raise source.fault(here, f"the field “{name}” has no type")
            known.add(name)
            child = self._node(source, one["type"], inner, (*here, "type"), level + 1)
            node.fields.append(Field(name, child, one.get("default"), "default" in one))
            self._weightless = self._weightless or _takes_nothing(child)
        self._open.discard(node.name)
        return node

    def _enum(self, source: _Source, value: dict[str, Any], space: str, path: Path, _: int) -> Node:
        node = self._define(source, value, Shape.ENUM, space, path)
        symbols = value.get("symbols")
        if not isinstance(symbols, list) or not all(isinstance(one, str) and _NAME.fullmatch(one) for one in symbols):
            raise source.fault((*path, "symbols"), f"the enum “{node.name}” needs a list of symbols: letters, digits and _")
        if len(set(symbols)) != len(symbols):
            raise source.fault((*path, "symbols"), f"the enum “{node.name}” has a symbol twice")
        node.symbols = symbols
        return node

    def _fixed(self, source: _Source, value: dict[str, Any], space: str, path: Path, _: int) -> Node:
        node = self._define(source, value, Shape.FIXED, space, path)
        size = value.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise source.fault((*path, "size"), f"the fixed “{node.name}” needs a size in bytes")
        node.size = size
        return self._logical(node, value)

    def _define(self, source: _Source, value: dict[str, Any], shape: Shape, space: str, path: Path) -> Node:
        name, given = value.get("name"), value.get("namespace")
        if not isinstance(name, str) or not name:
            raise source.fault(path, f"the {shape.name.lower()} needs a name")
        if given is not None and not isinstance(given, str):
            raise source.fault((*path, "namespace"), "a namespace is a text")
        full = _full_name(name, given, space)
        if not all(_NAME.fullmatch(part) for part in full.split(".")):
            raise source.fault((*path, "name"), f"“{full}” is no name: letters, digits and _, with dots between")
        if full in self._named and not source.imported:
            raise source.fault((*path, "name"), f"“{full}” is defined twice")
        node = self._named[full] = Node(shape, name=full)
        return node

    _definers: ClassVar[dict[str, Callable[["_Compiler", _Source, dict[str, Any], str, Path, int], Node]]] = {
        "record": _record,
        "error": _record,
        "enum": _enum,
        "fixed": _fixed,
        "array": _container,
        "map": _container,
    }

    @staticmethod
    def _logical(node: Node, value: dict[str, Any]) -> Node:
        """Note a logical type; one that does not fit is ignored, as the specification has it."""
        logical = value.get("logicalType")
        if node.logical or not isinstance(logical, str) or node.shape not in LOGICAL.get(logical, ()):
            return node
        scale = value.get("scale", 0)
        wanted = {"uuid": 16, "duration": 12}.get(logical, node.size)
        if node.shape is Shape.FIXED and node.size != wanted:
            return node
        if logical == "decimal" and (not isinstance(scale, int) or isinstance(scale, bool) or not 0 <= scale <= 10_000):
            return node
        node.logical, node.scale = logical, scale if logical == "decimal" else 0
        return node


def _full_name(name: str, namespace: str | None, space: str) -> str:
    if "." in name:
        return name.removeprefix(".")
    around = space if namespace is None else namespace
    return f"{around}.{name}" if around else name


def _takes_nothing(node: Node) -> bool:
    """Whether a value takes no bytes. What is made of such alone was noted when its parts were."""
    return node.shape is Shape.NULL or (node.shape is Shape.RECORD and not node.fields) or (node.shape is Shape.FIXED and node.size == 0)
