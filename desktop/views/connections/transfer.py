"""Export and import: the user chooses a file, the server gives and checks what is in it."""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDir
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core.i18n import tr, trn
from desktop.services import Services
from desktop.services.connections import connection_service
from embedded_server.contracts.problems import N_, UserFacingError

MAX_FILE_BYTES = 4 * 1024**2


class FileUnusable(UserFacingError):
    """The file cannot be read or written."""

    title = N_("{file} cannot be used: {reason}")
    hint = N_("Choose another file, or check who may read and write it.")


class FileNotJson(UserFacingError):
    """The file is damaged, or something else."""

    title = N_("{file} is not JSON: line {line}, column {column}")
    hint = N_("Mend it there, or choose a file that “Export…” wrote.")


def ask_for_export(services: Services, parent: QWidget) -> QFileDialog:
    """Ask where to; the panel writes to the file that is selected."""
    dialog = QFileDialog(parent, tr("Export connections"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("json")
    dialog.selectFile("connections.json")
    return _opened(services, dialog)


def ask_for_import(services: Services, parent: QWidget) -> QFileDialog:
    """Ask which file."""
    dialog = QFileDialog(parent, tr("Import connections"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _opened(services, dialog)


def _opened(services: Services, dialog: QFileDialog) -> QFileDialog:
    dialog.setNameFilters([tr("Connections (*.json)"), tr("All files (*)")])
    dialog.setDirectory(services.settings.value("export/folder", QDir.homePath()))
    dialog.fileSelected.connect(lambda name: services.settings.set_value("export/folder", str(Path(name).parent)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


async def export_to(services: Services, file: Path) -> None:
    """Write all connections, without secrets. Raises `FileUnusable` and what the API raises."""
    content = await connection_service(services.api).export()
    text = json.dumps(asdict(content), indent=2, ensure_ascii=False) + "\n"
    try:
        await asyncio.to_thread(_write_blocking, file, text)
    except OSError as exc:
        raise FileUnusable(file=str(file), reason=exc.strerror or str(exc)) from exc
    count = len(content.connections)
    services.notices.info(
        trn("{n} connection exported", "{n} connections exported", count), tr("{file}, without passwords", file=str(file))
    )


async def import_from(services: Services, file: Path) -> None:
    """Add the connections of a file. Raises `FileUnusable`, `FileNotJson` and what the API raises."""
    service = connection_service(services.api)
    try:
        content = await asyncio.to_thread(_read_blocking, file)
    except OSError as exc:
        raise FileUnusable(file=str(file), reason=exc.strerror or str(exc)) from exc
    except json.JSONDecodeError as exc:
        raise FileNotJson(file=file.name, line=exc.lineno, column=exc.colno) from exc
    except (ValueError, RecursionError) as exc:
        raise FileNotJson(file=file.name, line=1, column=1, detail=str(exc)) from exc
    before = len(service.all)
    await service.import_(content)
    count = len(service.all) - before
    services.notices.info(
        trn("{n} connection imported", "{n} connections imported", count), tr("Passwords are not in such files: type them where needed.")
    )


def _write_blocking(file: Path, text: str) -> None:
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, file)  # noqa: PTH105 - replaces on every system


def _read_blocking(file: Path) -> Any:
    with file.open("rb") as opened:
        content = opened.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise OSError(0, tr("it is too large"))
    return json.loads(content.decode("utf-8-sig"))
