"""Which schema file needs which: several that are chosen at once are kept as few schemas, each with all that it needs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import Final

from desktop.core.kafka_needs import Need, Outline, outline_of
from desktop.core.kafka_schemas import format_of_file
from embedded_server.contracts.kafka import Format

MOST_IMPORTS: Final = 200
"""The server takes no more."""


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A file with its text, and the texts of what it needs, by the path or name it needs them by."""

    path: PurePath
    text: str
    imports: Mapping[str, str] = field(default_factory=dict)

    @property
    def format(self) -> Format:
        """What it holds."""
        return format_of_file(self.path.name, self.text)


Find = Callable[[Need, SchemaFile], Iterable[SchemaFile]]
"""Answers the files that may be what a file needs."""
Outliner = Callable[[Format, str, str], Outline]


def is_named_by(path: PurePath, imported: str) -> bool:
    """Whether a file may be what is imported as ``common/money.proto``: its path ends so."""
    wanted = PurePath(imported).parts
    return bool(wanted) and path.parts[-len(wanted) :] == wanted


def with_imports(files: list[SchemaFile], find: Find) -> list[SchemaFile]:
    """Answer the files that no other of them needs, each with what it needs itself and through others.

    Looked for among *files* first, then with *find*. What is nowhere is left out: the server names it.
    """
    outliner = cache(outline_of)
    whole = [_complete(file, files, find, outliner) for file in files]
    taken = {text for file in whole for text in file.imports.values()}
    return [file for file in whole if file.text not in taken] or whole


def _complete(file: SchemaFile, files: list[SchemaFile], find: Find, outline: Outliner) -> SchemaFile:
    wanted = file.format
    imports: dict[str, str] = {}
    known = set(outline(wanted, file.text, "").offers)
    waiting = [(file, "")]
    while waiting and len(imports) < MOST_IMPORTS:
        importer, base = waiting.pop()
        for need in outline(wanted, importer.text, base).needs:
            if not known.isdisjoint(need.names):
                continue
            chosen = (one for one in files if one is not file)
            found = _first(wanted, need, chosen, outline) or _first(wanted, need, find(need, importer), outline)
            if found is None or found.path == file.path:
                continue
            key = _key(need, found, imports)
            added = {key: found.text, **{name: text for name, text in found.imports.items() if name not in imports}}
            imports.update(added)
            known.update(need.names)
            for name, text in added.items():
                known.update({name} | outline(wanted, text, name).offers)
            waiting.append((found, key))
    return SchemaFile(file.path, file.text, imports)


def _first(format: Format, need: Need, candidates: Iterable[SchemaFile], outline: Outliner) -> SchemaFile | None:
    return next((one for one in candidates if one.format is format and _holds(format, one, need, outline)), None)


def _holds(format: Format, file: SchemaFile, need: Need, outline: Outliner) -> bool:
    """Whether *file* is what is needed: a type or an address is found by what a text defines, a path by the file's own."""
    if format is not Format.PROTOBUF and not outline(format, file.text, "").offers.isdisjoint(need.names):
        return True
    return format is not Format.AVRO and any(is_named_by(file.path, path) for path in need.paths if path in need.names)


def _key(need: Need, found: SchemaFile, imports: Mapping[str, str]) -> str:
    """Answer what it is kept by: what it is needed by, unless that is an address, which its own ``$id`` tells."""
    key = need.names[0] if ":" not in need.names[0] else found.path.name
    while key in imports:
        key = f"_/{key}"
    return key
