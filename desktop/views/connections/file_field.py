"""A file on the server's machine: typed, or chosen where the server is on this one."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.form_sheet import line_field


class FileField(QWidget):
    """A line for the path and a button that chooses."""

    edited = Signal()

    def __init__(self, name: str, placeholder: str, *, is_here: bool) -> None:
        super().__init__()
        self._name = name
        self.line = line_field(name, placeholder, mono=True)
        self.line.textEdited.connect(self.edited)
        self.browse = IconButton("ph.folder-open", tr("Choose a file for {field}", field=name), self.choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.browse.setVisible(is_here)  # of another machine's files this one knows nothing
        self.setFocusProxy(self.line)

    def text(self) -> str:
        """Answer the path as it stands."""
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Show a path without telling anybody."""
        self.line.setText(text)

    def choose(self) -> QFileDialog:
        """Ask for a file."""
        dialog = QFileDialog(self, self._name)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Certificates and keys (*.pem *.crt *.cer *.key)"), tr("All files (*)")])
        if self.text():
            dialog.setDirectory(str(Path(self.text()).parent))
        dialog.fileSelected.connect(self._on_selected)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _on_selected(self, path: str) -> None:
        self.set_text(path)
        self.edited.emit()
