"""Reads the schema files that were chosen or dropped, and beside them what they import."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from desktop.core.i18n import tr
from desktop.core.kafka_imports import SchemaFile, with_imports
from embedded_server.contracts.kafka import Format, LocalSchema

MAX_FILE_BYTES: Final = 4 * 1024**2


class UnreadableFile(Exception):
    """A file that holds no schema; ``title`` names it."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint


def read_files(paths: Sequence[str], own: Sequence[LocalSchema]) -> list[SchemaFile]:
    """Answer the schemas in these files. Meant for a thread. Raises `UnreadableFile`.

    What a ``.proto`` file imports is looked for among *paths*, then from its own folder upwards as ``protoc`` would be pointed at it,
    then among the user's *own* schemas by its name.
    """
    kept = {schema.name: schema for schema in own if schema.format is Format.PROTOBUF}

    def find(imported: str, importer: PurePath) -> SchemaFile | None:
        wanted = PurePath(imported)
        if wanted.is_absolute() or ".." in wanted.parts:
            return None
        beside = next((folder / wanted for folder in importer.parents if _is_file(Path(folder) / wanted)), None)
        return SchemaFile(beside, _read(Path(beside))) if beside is not None else _kept(wanted, kept)

    chosen = [Path(path).expanduser().absolute() for path in dict.fromkeys(paths)]
    return with_imports([SchemaFile(path, _read(path)) for path in chosen], find)


def _kept(wanted: PurePath, kept: Mapping[str, LocalSchema]) -> SchemaFile | None:
    schema = kept.get(wanted.name)
    return SchemaFile(wanted, schema.text, schema.imports) if schema is not None else None


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
