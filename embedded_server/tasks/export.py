"""Tasks as a file: what the table shows of each, and what it has no room for."""

from collections.abc import AsyncIterator
from typing import Final

from embedded_server.contracts.tasks import TaskRow
from embedded_server.journal import ExportFormat, Journal, export_rows
from embedded_server.tasks.feed import TaskFeedSource
from embedded_server.tasks.projection import TaskProjection

COLUMNS: Final = (*TaskRow._fields, "eta", "root", "parent", "result")


def export_tasks(journal: Journal, filter: str, format: ExportFormat) -> AsyncIterator[bytes]:
    """The tasks that match, in the order first seen, each in its state of now. Raises `FilterError` before anything is written."""
    return export_rows(journal, TaskFeedSource(TaskProjection()), COLUMNS, filter, format)
