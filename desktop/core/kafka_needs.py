"""What a schema's text defines and what it needs of others: a ``.proto``'s imports, an Avro schema's types, a JSON Schema's references."""

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from embedded_server.contracts.kafka import Format

_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_IMPORT: Final = re.compile(r"""\bimport\s+(?:(?:public|weak|option)\s+)?(["'])(?P<path>[^"'\n]+)\1\s*;""")
_OWN: Final = "google/protobuf/"
"""Protobuf's own files: the server has them."""
_PRIMITIVES: Final = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
_NAMED: Final = {"record", "error", "enum", "fixed"}
_DATA: Final = {"const", "default", "enum", "examples"}
"""Keywords of JSON Schema under which stand values, not schemas."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that is to be found in another schema."""

    names: tuple[str, ...]
    """What it may be called: a path, a type's full name, a reference's address. One of them is enough."""
    paths: tuple[str, ...]
    """Where its file may lie, below a folder."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a text defines, by full name or address, and what it needs beyond that."""

    offers: frozenset[str] = frozenset()
    needs: tuple[Need, ...] = ()


def outline_of(format: Format, text: str, base: str = "") -> Outline:
    """Answer the outline of a text; *base* is the path a JSON Schema is kept by.

    A text that is no schema has an empty one: the server says why.
    """
    try:
        if format is Format.PROTOBUF:
            return Outline(needs=tuple(Need((path,), (path,)) for path in imports_in(text)))
        if format is Format.AVRO:
            return _outline(_avro(json.loads(text), ""))
        return _outline(_json(json.loads(text), base))
    except (ValueError, RecursionError):
        return Outline()


def imports_in(text: str) -> list[str]:
    """Answer the paths that a ``.proto`` text imports, but for Protobuf's own."""
    found = (match["path"] for match in _IMPORT.finditer(_COMMENT.sub(" ", text)))
    return [path for path in dict.fromkeys(found) if not path.startswith(_OWN)]


def _outline(found: Iterator[str | Need]) -> Outline:
    offers: set[str] = set()
    needs: dict[Need, None] = {}
    for one in found:
        if isinstance(one, Need):
            needs[one] = None
        else:
            offers.add(one)
    return Outline(frozenset(offers), tuple(need for need in needs if offers.isdisjoint(need.names)))


def _avro(value: Any, space: str) -> Iterator[str | Need]:
    """Walk through an Avro schema in the namespace *space* (Avro 1.12, "Names")."""
    if isinstance(value, str) and value and value not in _PRIMITIVES:
        full = _full_name(value, space)
        names = tuple(dict.fromkeys((full, value)))
        last = full.rpartition(".")[2]
        yield Need(names, tuple(dict.fromkeys(f"{path}.avsc" for path in (full.replace(".", "/"), full, last))))
    elif isinstance(value, list):
        for one in value:
            yield from _avro(one, space)
    elif isinstance(value, dict):
        kind = value.get("type")
        if isinstance(kind, str) and kind in _NAMED:
            space = value["namespace"] if isinstance(value.get("namespace"), str) else space
            full = _full_name(str(value.get("name")), space)
            yield full
            fields = value.get("fields")
            for field in fields if isinstance(fields, list) else []:
                yield from _avro(field.get("type") if isinstance(field, dict) else None, full.rpartition(".")[0])
        elif kind in ("array", "map"):
            yield from _avro(value.get("items" if kind == "array" else "values"), space)
        else:
            yield from _avro(kind, space)


def _full_name(name: str, space: str) -> str:
    return name.removeprefix(".") if "." in name or not space else f"{space}.{name}"


def _json(value: Any, base: str) -> Iterator[str | Need]:
    """Walk through a JSON Schema that lies at *base* (JSON Schema 2020-12, 8.2)."""
    if isinstance(value, list):
        for one in value:
            yield from _json(one, base)
    elif isinstance(value, dict):
        if isinstance(own := value.get("$id"), str):
            base = urljoin(base, own).partition("#")[0]
            yield base
        reference = value.get("$ref")
        if isinstance(reference, str) and (address := urljoin(base, reference).partition("#")[0]) not in {"", base}:
            yield _reference(address, reference.partition("#")[0])
        for key, one in value.items():
            if key not in _DATA:
                yield from _json(one, base)


def _reference(address: str, written: str) -> Need:
    if not urlsplit(address).scheme:
        return Need((path := path_of(address),), (path,))
    last = urlsplit(address).path.rpartition("/")[2]
    beside = "" if urlsplit(written).scheme else path_of(urlsplit(written).path)
    return Need((address,), tuple(dict.fromkeys(path for path in (beside, last) if path)))


def path_of(address: str) -> str:
    """Answer the path that a relative reference is kept by: without the dots that lead out of a folder, as the server looks for it."""
    path = posixpath.normpath(address).lstrip("/")
    while path.startswith("../"):
        path = path[3:]
    return path
