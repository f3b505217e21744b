"""Says which partition a record goes to: where the key's hash puts it, or why nobody can tell."""

import asyncio
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr
from desktop.core.problems import problem_of, title_of
from desktop.services.kafka import KafkaService
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.kafka import PartitionFor

REST_S: Final = 0.3
"""Rest of the keyboard before it is asked."""


class PartitionLine(Wrapped, Working):
    """A help: where it cannot be told, the record is produced all the same."""

    def __init__(self, service: KafkaService, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__()
        self.setParent(parent)
        self._service = service
        self._notify = notify
        self._jobs = Jobs(self)
        self._asked: tuple[str, PartitionFor] | None = None

    def say(self, words: str) -> None:
        """Say *words*, which need no asking."""
        self._asked = None
        self._jobs.cancel("partition")
        self._show(words)

    def preview(self, connection: str, query: PartitionFor, *, again: bool = False) -> None:
        """Ask where a key goes once the keyboard rests."""
        if (connection, query) != self._asked or again:
            self._asked = (connection, query)
            self._jobs.start("partition", self._ask(connection, query), self._on_failed)

    async def _ask(self, connection: str, query: PartitionFor) -> None:
        await asyncio.sleep(REST_S)
        partition = await self._service.partition_for(connection, query)
        self._show(tr("This key goes to partition {n}, by its murmur2 hash as in the Java client.", n=partition))

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
            self._show("")
        else:
            self._show(tr("Where it goes is not known: {reason}", reason=title_of(problem)))

    def _show(self, words: str) -> None:
        self.setText(words)
        self.setVisible(bool(words))
