"""A file that is to be sent: typed, chosen or dropped; it says how long the file is, and later how much of it is on its way."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify


class FileRow(QWidget, Working):
    """A line, a button that chooses, and words under them."""

    edited = Signal()

    def __init__(self, title: str, about: str, warning: Callable[[int], str], notify: Notify, parent: QWidget | None = None) -> None:
        """*title* is the dialog's, *about* stands there while no file is named, *warning* answers what is to be said of a length."""
        super().__init__(parent)
        self._title = title
        self._about = about
        self._warning = warning
        self._notify = notify
        self._jobs = Jobs(self)
        self._fault = ""
        self.path = line_field(tr("File"), tr("Choose a file, drop one here, or type its path"), mono=True)
        browse = Button(tr("Choose …"), self.choose, icon_name="ph.folder-open")
        self._note = Wrapped()
        self._note.setText(about)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._note)
        column.addWidget(self._progress)
        self.setFocusProxy(self.path)
        self.path.textChanged.connect(self._on_path_changed)

    def file(self) -> str:
        """Answer the file's path as typed."""
        return self.path.text().strip()

    def set_file(self, path: str) -> None:
        """Name another one."""
        self.path.setText(path)

    def fault(self) -> str:
        """Answer what is wrong with it, empty where nothing is."""
        return self._fault

    def set_fault(self, title: str, hint: str) -> None:
        """Say what is wrong with the file until it is another one."""
        self._fault = f"{title}. {hint}"
        self._say(self._fault, "bad")
        self.path.setFocus()

    def show_progress(self, sent: int, whole: int) -> None:
        """Show how much of the file is on its way; all of it, or nothing, hides the bar."""
        self._progress.setVisible(0 < sent < whole)
        self._progress.setMaximum(max(1, whole // 1024))
        self._progress.setValue(sent // 1024)

    def look(self) -> None:
        """Look how long it is; in a thread."""
        self._fault = ""
        self._say(self._about, "dim")
        if self.file():
            self._jobs.start("size", self._look(self.file()), self._notify)

    def choose(self) -> None:
        """Ask for a file; nothing waits for the answer."""
        dialog = QFileDialog(self.window(), self._title, str(Path(self.file()).parent) if self.file() else "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.finished.connect(dialog.deleteLater)
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()

    async def _look(self, path: str) -> None:
        try:
            _, length = await asyncio.to_thread(measured, path)
        except OSError:
            self._say(tr("There is no file at this path."), "warn")
            return
        warning = self._warning(length)
        self._say(warning or size(length), "warn" if warning else "dim")

    def _say(self, text: str, tone: str) -> None:
        self._note.set_tone(tone)
        self._note.setText(text)

    def _on_path_changed(self) -> None:
        self.look()
        self.edited.emit()


def measured(path: str) -> tuple[Path, int]:
    """Answer a file and how long it is; raises OSError where there is none that can be read. Meant for a thread."""
    found = Path(path).expanduser()
    with found.open("rb") as file:
        return found, file.seek(0, 2)
