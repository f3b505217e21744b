"""JSON Schema: whether a JSON text is what its schema says, and where it is not."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import DRAFT202012

from embedded_server.kafka.decoding.json_places import Path, invalid, parse, said
from embedded_server.kafka.decoding.problems import NotWritable, SchemaMismatch, SchemaUnresolved, TooLargeToDecode

MOST_BYTES: Final = 1024**2
"""A longer text is not checked: it would take seconds."""
MOST_FAULTS: Final = 100
"""The best of so many is told."""
_REASON_CHARS: Final = 300


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

    def check(self, data: str) -> None:
        """Raise `SchemaMismatch` where a JSON text is not what the schema says, and `SchemaUnresolved` where the schema is incomplete."""
        if len(data) > MOST_BYTES:
            raise TooLargeToDecode(size=len(data), most=MOST_BYTES // 1024**2)
        fault = self._fault(json.loads(data))
        if fault is not None:
            raise SchemaMismatch(path=said(_path(fault))[:200], reason=fault.message[:_REASON_CHARS])

    def require(self, value: Any) -> None:
        """Raise `NotWritable` where *value* may not be written with the schema."""
        fault = self._fault(value)
        if fault is not None:
            raise NotWritable(path=said(_path(fault))[:200], reason=fault.message[:_REASON_CHARS], schema=self.name)

    def _fault(self, value: Any) -> ValidationError | None:
        try:
            return best_match(islice(self._validator.iter_errors(value), MOST_FAULTS))
        except (Unresolvable, NoSuchResource) as exc:
            raise SchemaUnresolved(name=self.name, reference=str(getattr(exc, "ref", exc))[:200]) from exc
        except RecursionError as exc:
            raise SchemaMismatch(path="$", reason="nested too deeply, or the schema refers to itself without end") from exc
        except Exception as exc:  # a pattern that Python's re does not take, an unknown type … the library lets them through
            raise SchemaMismatch(path="$", reason=f"the schema cannot be applied: {exc}"[:_REASON_CHARS]) from exc


def _path(fault: Any) -> Path:
    return tuple(fault.absolute_path)


def _registry(imports: Mapping[str, str]) -> Any:
    """Answer what a ``$ref`` may find: the imports by their names, and nothing from elsewhere."""
    made: Any = Registry(retrieve=_nowhere)  # type: ignore[call-arg] # attrs' converters hide it from mypy
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


def _nowhere(uri: str) -> Any:
    raise NoSuchResource(ref=uri)  # type: ignore[call-arg] # the same
