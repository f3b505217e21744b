"""One window per data directory: a second launch raises the first window and leaves."""

from functools import cached_property
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile, QObject, Signal

ANSWER_TIMEOUT_MS: Final = 2000
RAISE: Final = b"raise\n"


class Instance(QObject):
    """The claim on a data directory."""

    raise_requested = Signal()
    """Somebody launched Switchroom again."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._lock = QLockFile(str(data_dir / "window.lock"))
        self._lock.setStaleLockTime(0)  # a lock is stale when its process is gone, however old it is
        self._server: QObject | None = None

    def claim(self) -> bool:
        """Take the directory; False where another window has it."""
        return self._lock.tryLock(0)

    @cached_property
    def _name(self) -> str:
        from hashlib import sha256

        return "switchroom-" + sha256(str(self._data_dir.resolve()).encode()).hexdigest()[:24]

    def listen(self) -> None:
        """Be there for later launches. Apart from `claim` because QtNetwork costs time that the first paint needs."""
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._name)  # the lock is ours: what is left there belongs to the dead
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        server.listen(self._name)
        self._server = server

    def raise_first_blocking(self) -> bool:
        """Ask the window that has the directory to come to the front; whether it answered."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(ANSWER_TIMEOUT_MS):
            return False
        socket.write(RAISE)
        socket.flush()
        answered = socket.waitForReadyRead(ANSWER_TIMEOUT_MS)
        socket.disconnectFromServer()
        return answered

    def release(self) -> None:
        """Give the directory back; may be called twice."""
        if self._server is not None:
            self._server.deleteLater()
            self._server = None
        self._lock.unlock()

    def _on_connection(self) -> None:
        from PySide6.QtNetwork import QLocalServer

        assert isinstance(self._server, QLocalServer)
        socket = self._server.nextPendingConnection()

        def on_ready() -> None:
            if socket.readAll().data() == RAISE:
                self.raise_requested.emit()
                socket.write(b"ok\n")
                socket.flush()

        socket.readyRead.connect(on_ready)
        socket.disconnected.connect(socket.deleteLater)
        if socket.bytesAvailable():
            on_ready()
