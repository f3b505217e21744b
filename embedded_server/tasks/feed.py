"""Tasks as a feed lists them: the projection's rows under the filter language."""

from collections.abc import Sequence
from typing import Final

from embedded_server.contracts.filters import TASK_FIELDS
from embedded_server.contracts.tasks import TaskRow
from embedded_server.journal import Commit, Vocabulary
from embedded_server.journal.filters.vocabulary import vocabulary
from embedded_server.tasks.projection import TaskProjection

_SQL: Final = {
    "state": "task.state",
    "name": "task.name",
    "id": "task.id",
    "worker": "task.worker",
    "queue": "task.queue",
    "args": "(task.args || ' ' || task.kwargs)",
    "result": "task.result",
    "runtime": "nullif(task.runtime_ns, 0)",
    "wait": "case when task.started_at > 0 then task.wait_ns end",
    "retries": "task.retries",
    "root": "task.root",
    "parent": "task.parent",
    "time": "task.seen_at",
}
_TEXT: Final = ("task.name", "task.id", "task.state", "task.args", "task.kwargs", "task.result", "task.worker", "task.queue", "task.root")


class TaskFeedSource:
    """The `FeedSource` of the task projection; it must be the projection that follows the same journal."""

    table: str = "task"
    id_column: str = "task.row"
    columns: str = ", ".join(f"task.{column}" for column in TaskRow._fields)
    vocabulary: Vocabulary = vocabulary(TASK_FIELDS, _SQL, _TEXT, {})
    mutable: bool = True

    def __init__(self, projection: TaskProjection) -> None:
        self._projection = projection

    def changed(self, commit: Commit) -> Sequence[int]:  # noqa: ARG002 - the protocol's
        """Answer the rows that *commit* has touched. Called on the writer thread, right after the projection's own turn."""
        return self._projection.touched
