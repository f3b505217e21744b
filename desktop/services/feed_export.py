"""Writes the rows a filter matches to a file: beside it first, so that no half file ever carries the name."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_server.contracts.feeds import Source
from embedded_server.contracts.problems import N_, UserFacingError

if TYPE_CHECKING:
    from desktop.services.api import ApiClient


class ExportFormat(StrEnum):
    """How an export is written."""

    NDJSON = "ndjson"
    CSV = "csv"

    @classmethod
    def of_file(cls, file: Path) -> "ExportFormat":
        """The format that a file's name asks for."""
        return cls.CSV if file.suffix.lower() == ".csv" else cls.NDJSON


class FileUnwritable(UserFacingError):
    """The file cannot be written."""

    title = N_("{file} cannot be written")
    hint = N_("{reason}. Choose another folder or name.")


async def export_feed(
    api: "ApiClient", source: Source, filter_: str, file: Path, *, route: str = "", progress: Callable[[int], None] | None = None
) -> int:
    """Write the events or tasks that match to *file*, in the format its name asks for; the number of bytes.

    *route* is the one that writes them, where it is not the source's own.

    Cancelled or failed, it leaves nothing behind: neither a half file nor a changed old one.
    Raises `FileUnwritable`, and what the API client raises.
    """
    partial = file.with_name(f"{file.name}.part")
    query: dict[str, str | float | None] = {"filter": filter_, "format": ExportFormat.of_file(file).value}
    try:
        written = await api.stream_to_file(route or f"/{source.value}/export", query, partial, progress)
        await asyncio.to_thread(partial.replace, file)
    except OSError as exc:
        raise FileUnwritable(file=str(file), reason=exc.strerror or str(exc)) from exc
    finally:
        _remove(partial)
    return written


def _remove(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return  # the folder has gone, and the file with it
