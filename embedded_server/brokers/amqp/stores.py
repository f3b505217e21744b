"""Which store each virtual host has: a file of its own, that of ``/`` where it always was."""

import hashlib
import shutil
from pathlib import Path
from typing import Final, Protocol

from embedded_server.brokers.amqp.accounts import DEFAULT_VHOST
from embedded_server.brokers.amqp.pages import Pages
from embedded_server.brokers.amqp.sqlite_store import SqliteStore
from embedded_server.brokers.amqp.store import NullStore, Store

STORE_NAME: Final = "amqp.sqlite3"
FOLDER_NAME: Final = "vhosts"
PAGES_NAME: Final = "amqp.pages"


class Stores(Protocol):
    """Gives each virtual host its store."""

    @property
    def pages(self) -> Pages:
        """The room for waiting messages, shared by all."""
        ...

    def open(self, vhost: str) -> Store:
        """The store of *vhost*, empty for a new one."""
        ...

    def remove(self, vhost: str) -> None:
        """Delete what the store of *vhost*, closed by now, has kept."""
        ...


class NullStores:
    """Every virtual host forgets; one store may be given for the default one."""

    def __init__(self, default: Store | None = None) -> None:
        self._default = default
        self.pages = Pages()

    def open(self, vhost: str) -> Store:
        """A store that keeps nothing, or the one given."""
        return self._default if vhost == DEFAULT_VHOST and self._default is not None else NullStore()

    def remove(self, vhost: str) -> None:
        """Nothing is kept."""


class FolderStores:
    """One SQLite file a virtual host, under the brokers' folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pages = Pages(folder / PAGES_NAME)

    def open(self, vhost: str) -> Store:
        """The store of *vhost*; raises ``UserFacingError`` where its file cannot be opened."""
        folder = self._folder_of(vhost)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteStore(folder / STORE_NAME)

    def remove(self, vhost: str) -> None:
        """Delete the folder of *vhost*; that of ``/`` keeps all but its messages."""
        folder = self._folder_of(vhost)
        if folder != self._folder:
            shutil.rmtree(folder, ignore_errors=True)
            return
        for file in folder.glob(f"{STORE_NAME}*"):
            file.unlink(missing_ok=True)

    def _folder_of(self, vhost: str) -> Path:
        if vhost == DEFAULT_VHOST:
            return self._folder
        return self._folder / FOLDER_NAME / hashlib.sha256(vhost.encode()).hexdigest()[:24]  # a name may hold any character
