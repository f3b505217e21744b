"""Which ``.proto`` file imports which: several that are chosen at once are kept as few schemas, each with all that it needs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

MOST_IMPORTS: Final = 200
"""The server takes no more."""
_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_IMPORT: Final = re.compile(r"""\bimport\s+(?:(?:public|weak|option)\s+)?(["'])(?P<path>[^"'\n]+)\1\s*;""")
_OWN: Final = "google/protobuf/"
"""Protobuf's own files: the server has them."""


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A file with its text, and the texts of what it imports, by the path it imports them by."""

    path: PurePath
    text: str
    imports: Mapping[str, str] = field(default_factory=dict)


Find = Callable[[str, PurePath], SchemaFile | None]
"""Answers the file that is imported by a path from the file at another, None where there is none."""


def imports_in(text: str) -> list[str]:
    """Answer the paths that a ``.proto`` text imports, but for Protobuf's own."""
    found = (match["path"] for match in _IMPORT.finditer(_COMMENT.sub(" ", text)))
    return [path for path in dict.fromkeys(found) if not path.startswith(_OWN)]


def is_named_by(path: PurePath, imported: str) -> bool:
    """Whether a file may be what is imported as ``common/money.proto``: its path ends so."""
    wanted = PurePath(imported).parts
    return bool(wanted) and path.parts[-len(wanted) :] == wanted


def with_imports(files: list[SchemaFile], find: Find) -> list[SchemaFile]:
    """Answer the files that no other of them imports, each with what it imports itself and through others.

    Looked for among *files* first, then with *find*. What is nowhere is left out: the server names it.
    """
    whole = [_complete(file, files, find) for file in files]
    taken = {text for file in whole for text in file.imports.values()}
    return [file for file in whole if file.text not in taken] or whole


def _complete(file: SchemaFile, files: list[SchemaFile], find: Find) -> SchemaFile:
    if file.path.suffix.lower() != ".proto":
        return file
    imports: dict[str, str] = {}
    waiting = [file]
    while waiting and len(imports) < MOST_IMPORTS:
        importer = waiting.pop()
        for path in imports_in(importer.text):
            if path in imports:
                continue
            found = next((one for one in files if one is not file and is_named_by(one.path, path)), None) or find(path, importer.path)
            if found is not None and found.path != file.path:
                imports[path] = found.text
                imports.update({name: text for name, text in found.imports.items() if name not in imports})
                waiting.append(found)
    return SchemaFile(file.path, file.text, imports)
