"""Reads the schema files that were chosen or dropped, and beside them what they need of others."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Final

from desktop.core.i18n import tr
from desktop.core.kafka_imports import SchemaFile, with_imports
from desktop.core.kafka_needs import Need
from embedded_server.contracts.kafka import LocalSchema

MAX_FILE_BYTES: Final = 4 * 1024**2


class UnreadableFile(Exception):
    """A file that holds no schema; ``title`` names it."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint


def read_files(paths: Sequence[str], own: Sequence[LocalSchema]) -> list[SchemaFile]:
    """Answer the schemas in these files. Meant for a thread. Raises `UnreadableFile`.

    What a file needs is looked for among *paths*, then from its own folder upwards as ``protoc`` would be pointed at it, then among the
    user's *own* schemas, by its name or by what they define.
    """

    def find(need: Need, importer: SchemaFile) -> Iterator[SchemaFile]:
        wanted = [path for path in map(PurePath, need.paths) if not path.is_absolute() and ".." not in path.parts]
        for beside in (folder / path for path in wanted for folder in importer.path.parents):
            if _is_file(Path(beside)):
                yield SchemaFile(beside, _read(Path(beside)))
        for schema in own:
            path = next((path for path in wanted if path.name == schema.name), PurePath(schema.name))
            yield SchemaFile(path, schema.text, schema.imports)

    chosen = [Path(path).expanduser().absolute() for path in dict.fromkeys(paths)]
    return with_imports([SchemaFile(path, _read(path)) for path in chosen], find)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder nobody may look into
        return False


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise UnreadableFile(tr("{name} cannot be read", name=path.name), exc.strerror or str(exc)) from exc
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFile(tr("{name} cannot be read", name=path.name), tr("It is larger than 4 MiB: that is no schema."))
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise UnreadableFile(tr("{name} is no text in UTF-8", name=path.name), tr("Choose an .avsc, .proto or .json file.")) from exc
