"""What an Avro schema is once its names are resolved: shapes, nodes and fields (Avro 1.12, "Schema Declaration")."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final


class Shape(Enum):
    """What a schema describes."""

    NULL = auto()
    BOOLEAN = auto()
    INT = auto()
    LONG = auto()
    FLOAT = auto()
    DOUBLE = auto()
    BYTES = auto()
    STRING = auto()
    RECORD = auto()
    ENUM = auto()
    ARRAY = auto()
    MAP = auto()
    UNION = auto()
    FIXED = auto()


PRIMITIVES: Final = {shape.name.lower(): shape for shape in Shape if shape.value <= Shape.STRING.value}
LOGICAL: Final[dict[str, frozenset[Shape]]] = {
    "date": frozenset({Shape.INT}),
    "time-millis": frozenset({Shape.INT}),
    "time-micros": frozenset({Shape.LONG}),
    **{f"{local}timestamp-{unit}": frozenset({Shape.LONG}) for local in ("", "local-") for unit in ("millis", "micros", "nanos")},
    "decimal": frozenset({Shape.BYTES, Shape.FIXED}),
    "uuid": frozenset({Shape.STRING, Shape.FIXED}),
    "duration": frozenset({Shape.FIXED}),
}


@dataclass(slots=True, eq=False)
class Field:
    """A record's field."""

    name: str
    node: "Node"
    default: Any = None
    has_default: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """One schema within a schema. Recursive schemas are cycles of these."""

    shape: Shape
    name: str = ""
    """The full name of a record, an enum or a fixed."""
    logical: str = ""
    scale: int = 0
    fields: list[Field] = field(default_factory=list)
    items: "Node | None" = None
    """Of an array its items, of a map its values."""
    branches: list["Node"] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    size: int = 0
    """Of a fixed."""

    @property
    def said(self) -> str:
        """The type's name, as a union's branch is called."""
        return self.name or self.shape.name.lower()

    @property
    def inner(self) -> "Node":
        """An array's items or a map's values."""
        assert self.items is not None
        return self.items


@dataclass(frozen=True, slots=True, eq=False)
class AvroSchema:
    """A whole schema, ready to read and write with."""

    root: Node
    names: list[str]
    """The records it defines itself, in their order."""
    recursive: bool
    """A record is within itself."""
    weightless: bool
    """Some value takes no bytes, so that few bytes can stand for any number of them."""
