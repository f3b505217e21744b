"""JSON Schema: whether a JSON text is what its schema says, and where it is not."""

import json
import posixpath
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import DRAFT202012

from embedded_server.kafka.decoding.json_apart import CHECKS, Fault, FaultKind, Question
from embedded_server.kafka.decoding.json_places import Path, invalid, parse, said
from embedded_server.kafka.decoding.problems import NotWritable, SchemaMismatch, SchemaUnresolved, TooLargeToDecode

MOST_BYTES: Final = 1024**2
"""A longer text is not checked: it would take seconds."""
MOST_FAULTS: Final = 100
"""The best of so many is told."""
_REASON_CHARS: Final = 300
_PATH_CHARS: Final = 200
_UNBOUNDED: Final = frozenset(
    ("pattern", "patternProperties", "uniqueItems", "unevaluatedItems", "unevaluatedProperties", "$ref", "$dynamicRef", "$recursiveRef")
)
"""Keywords with which a check's time is not bounded by how long the schema and the text are."""
MOST_IN_PLACE: Final = 10_000_000
"""The schema's characters times the text's: of all other checks, those that are over in a moment."""


class JsonSchema:
    """One schema with those it refers to."""

    def __init__(self, text: str, *, name: str = "schema", imports: Mapping[str, str] | None = None) -> None:
        """Read it. Raises `SchemaInvalid` with line and column."""
        self.name = name
        value = parse(text, name)
        if not isinstance(value, dict | bool):
            raise invalid(text, name, (), "a JSON Schema is an object")
        try:
            kind = validator_for(value, default=Draft202012Validator)
            kind.check_schema(value)
        except SchemaError as exc:
            raise invalid(text, name, _path(exc), exc.message[:_REASON_CHARS]) from exc
        except RecursionError as exc:
            raise invalid(text, name, (), "nested too deeply") from exc
        except Exception as exc:  # such as a $schema that is a number: the library lets it through
            raise invalid(text, name, (), f"not a schema: {exc}"[:_REASON_CHARS]) from exc
        self._validator = kind(value, registry=_registry(imports or {}))
        self.title = str(value.get("title", "")) if isinstance(value, dict) else ""
        self._text = text
        self._imports = dict(imports or {})
        self._is_bounded = not imports and not _UNBOUNDED & set(_names(value))

    def check(self, data: str) -> None:
        """Raise `SchemaMismatch` where a JSON text is not what the schema says, and `SchemaUnresolved` where the schema is incomplete.

        Blocks, for `json_apart.LIMIT_S` at most, then raises `SchemaCheckTooLong`.
        """
        if len(data) > MOST_BYTES:
            raise TooLargeToDecode(size=len(data), most=MOST_BYTES // 1024**2)
        self._raise(self._fault(data))

    def require(self, value: Any) -> None:
        """Raise `NotWritable` where *value* may not be written with the schema; the rest as `check`."""
        try:
            fault = self._fault(json.dumps(value))
        except RecursionError:
            fault = Fault(FaultKind.BROKEN, "nested too deeply")
        if fault is not None and fault.kind is FaultKind.MISMATCH:
            raise NotWritable(path=fault.path, reason=fault.reason, schema=self.name)
        self._raise(fault)

    def _raise(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.kind is FaultKind.UNRESOLVED:
            raise SchemaUnresolved(name=self.name, reference=fault.reason)
        raise SchemaMismatch(path=fault.path, reason=fault.reason)

    def _fault(self, data: str) -> Fault | None:
        if self._is_bounded and len(self._text) * len(data) <= MOST_IN_PLACE:
            return self.fault_in_place(json.loads(data))
        return CHECKS.fault(Question(self.name, self._text, self._imports, data))

    def fault_in_place(self, value: Any) -> Fault | None:
        """Answer what is wrong with *value*, however long that takes: for a process that may be ended."""
        try:
            found: ValidationError | None = best_match(islice(self._validator.iter_errors(value), MOST_FAULTS))
        except (Unresolvable, NoSuchResource) as exc:
            return Fault(FaultKind.UNRESOLVED, str(getattr(exc, "ref", exc))[:200])
        except RecursionError:
            return Fault(FaultKind.BROKEN, "nested too deeply, or the schema refers to itself without end")
        except Exception as exc:  # noqa: BLE001 - a pattern that Python's re does not take, an unknown type …: the library lets them through
            return Fault(FaultKind.BROKEN, f"the schema cannot be applied: {exc}"[:_REASON_CHARS])
        if found is None:
            return None
        return Fault(FaultKind.MISMATCH, found.message[:_REASON_CHARS], said(_path(found))[:_PATH_CHARS])


def _names(value: Any) -> Iterator[str]:
    """Answer every name in a schema, whether it is a keyword there or not."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield from one
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _path(fault: Any) -> Path:
    return tuple(fault.absolute_path)


def _registry(imports: Mapping[str, str]) -> Any:
    """Answer what a ``$ref`` may find: the imports by their names, and nothing from elsewhere."""

    def by_path(uri: str) -> Any:
        """A path with dots, such as ``../common/money.json``, means the import of the rest of it: there are no folders here."""
        path = posixpath.normpath(uri).rpartition("../")[2]
        if path not in imports:
            raise NoSuchResource(ref=uri)  # type: ignore[call-arg] # the same
        return Resource.from_contents(parse(imports[path], path), default_specification=DRAFT202012)

    made: Any = Registry(retrieve=by_path)  # type: ignore[call-arg] # attrs' converters hide it from mypy
    for name, text in imports.items():
        value = parse(text, name)
        try:
            resource = Resource.from_contents(value, default_specification=DRAFT202012)
            made = made.with_resource(name, resource)
            if (its := resource.id()) and its != name:
                made = made.with_resource(its, resource)
        except Exception as exc:  # the same
            raise invalid(text, name, (), f"not a schema: {exc}"[:_REASON_CHARS]) from exc
    return made
