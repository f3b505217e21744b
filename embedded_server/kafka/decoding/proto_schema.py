"""Protobuf messages as plans to read by: from descriptors to fields by their numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from embedded_server.kafka.decoding.problems import MessageNotInSchema

_OWN_TYPES: Final = "google.protobuf"


class Scalar(Enum):
    """How a field's bytes are read; the names are Protobuf's own."""

    DOUBLE = auto()
    FLOAT = auto()
    INT64 = auto()
    UINT64 = auto()
    INT32 = auto()
    FIXED64 = auto()
    FIXED32 = auto()
    BOOL = auto()
    STRING = auto()
    GROUP = auto()
    MESSAGE = auto()
    BYTES = auto()
    UINT32 = auto()
    ENUM = auto()
    SFIXED32 = auto()
    SFIXED64 = auto()
    SINT32 = auto()
    SINT64 = auto()


@dataclass(slots=True, eq=False)
class FieldPlan:
    """One field of a message."""

    name: str
    scalar: Scalar
    repeated: bool
    message: "MessagePlan | None" = None
    symbols: dict[int, str] = field(default_factory=dict)
    """Of an enum, by their numbers."""


@dataclass(slots=True, eq=False)
class MessagePlan:
    """One message: its fields by their numbers."""

    name: str
    fields: dict[int, FieldPlan] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    """What is not in the bytes where it is zero: fields without presence."""
    is_map_entry: bool = False


class ProtoSchema:
    """A file's messages with all that it imports."""

    def __init__(self, found: FileDescriptorSet, main: str) -> None:
        self.files = found
        self.main = main
        self._messages: dict[str, MessagePlan] = {}
        self._protos: dict[str, tuple[FileDescriptorProto, DescriptorProto]] = {}
        self._enums: dict[str, dict[int, str]] = {}
        for file in found.file:
            self._note(file, file.package, file.message_type, file.enum_type)
        (self._file,) = [file for file in found.file if file.name == main]
        self.names = [name for name, _ in _walk(self._file.package, self._file.message_type)]
        """The full names of the messages that the file itself defines, nested ones after what they are in."""

    def _note(self, file: FileDescriptorProto, scope: str, messages: Any, enums: Any) -> None:
        self._note_enums(scope, enums)
        for full, proto in _walk(scope, messages):
            self._protos[full] = (file, proto)
            self._note_enums(full, proto.enum_type)

    def _note_enums(self, scope: str, enums: "list[EnumDescriptorProto]") -> None:
        for enum in enums:
            symbols: dict[int, str] = {}
            for value in enum.value:
                symbols.setdefault(value.number, value.name)
            self._enums[_joined(scope, enum.name)] = symbols

    def message(self, name: str) -> MessagePlan:
        """Answer a message by its full name, or its last part; the first one where *name* is empty. Raises `MessageNotInSchema`."""
        wanted = name or (self.names[0] if self.names else "")
        full = wanted if wanted in self._protos else next((one for one in self.names if one.rpartition(".")[2] == wanted), "")
        if not full:
            raise self._missing(wanted or "at all")
        return self._plan(full)

    def by_indexes(self, indexes: list[int]) -> MessagePlan:
        """Answer the message that Confluent's indexes name. Raises `MessageNotInSchema`."""
        name, messages = self._file.package, self._file.message_type
        for index in indexes:
            if not 0 <= index < len(messages):
                raise self._missing(f"number {'.'.join(map(str, indexes))}")
            name, messages = _joined(name, messages[index].name), messages[index].nested_type
        return self._plan(name)

    def indexes_of(self, name: str) -> list[int]:
        """Answer the indexes of a message that the file itself defines."""
        scope, messages, found = self._file.package, self._file.message_type, list[int]()
        while True:
            for index, proto in enumerate(messages):
                full = _joined(scope, proto.name)
                if name == full or name.startswith(f"{full}."):
                    found.append(index)
                    scope, messages = full, proto.nested_type
                    break
            else:
                raise self._missing(name)
            if scope == name:
                return found

    def knows(self, name: str) -> bool:
        """Whether a message of this full name is there, imports included."""
        return name in self._protos

    def is_map_entry(self, name: str) -> bool:
        """Whether a message is only how a map is written."""
        return bool(self._protos[name][1].options.map_entry)

    def _missing(self, name: str) -> MessageNotInSchema:
        return MessageNotInSchema(message=name[:100], known=", ".join(self.names)[:300] or "none")

    def _plan(self, name: str) -> MessagePlan:
        if name in self._messages:
            return self._messages[name]
        file, proto = self._protos[name]
        plan = self._messages[name] = MessagePlan(name, is_map_entry=proto.options.map_entry)
        for one in proto.field:
            made = self._field(one)
            plan.fields[one.number] = made
            if not plan.is_map_entry and not made.repeated and made.message is None and _has_no_presence(file, one):
                plan.defaults[made.name] = _zero(made)
        return plan

    def _field(self, proto: FieldDescriptorProto) -> FieldPlan:
        made = FieldPlan(proto.name, Scalar(proto.type), proto.label == FieldDescriptorProto.LABEL_REPEATED)
        target = proto.type_name.removeprefix(".")
        if made.scalar in {Scalar.MESSAGE, Scalar.GROUP}:
            made.message = self._plan(target)
        elif made.scalar is Scalar.ENUM:
            made.symbols = self._enums.get(target, {})
        return made


def _walk(scope: str, messages: Any) -> Iterator[tuple[str, DescriptorProto]]:
    for proto in messages:
        full = _joined(scope, proto.name)
        yield full, proto
        yield from _walk(full, proto.nested_type)


def _joined(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _has_no_presence(file: FileDescriptorProto, proto: FieldDescriptorProto) -> bool:
    if proto.HasField("oneof_index") or proto.proto3_optional:
        return False
    if file.syntax == "proto3":
        return True
    if file.edition < Edition.EDITION_2023:
        return False
    implicit = FeatureSet.FieldPresence.IMPLICIT
    if proto.options.features.HasField("field_presence"):
        return bool(proto.options.features.field_presence == implicit)
    return bool(file.options.features.field_presence == implicit)


def _zero(plan: FieldPlan) -> Any:
    match plan.scalar:
        case Scalar.STRING | Scalar.BYTES:
            return ""
        case Scalar.BOOL:
            return False
        case Scalar.DOUBLE | Scalar.FLOAT:
            return 0.0
        case Scalar.ENUM:
            return plan.symbols.get(0, 0)
        case _:
            return 0
