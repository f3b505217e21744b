"""The window's side of the tasks API: one typed method per route."""

from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from desktop.core.tasks_draft import Draft
from embedded_server.contracts.tasks import Enqueued, EnqueueRequest, RevokeRequest, TaskDetail, TaskName, TaskStats, Worker

if TYPE_CHECKING:
    from desktop.services.api import ApiClient


class TaskService:
    """Asks the server about tasks and workers, and sends tasks. Every method raises what `ApiClient` raises."""

    def __init__(self, api: "ApiClient") -> None:
        self._api = api
        self.draft = Draft()
        """What was typed into the enqueue form and not sent: it survives the form, a sign-out and a change of language."""
        self._draft_of = ""

    def keep_draft_of(self, account: str) -> None:
        """Whoever signs in finds what they typed themselves, and never what somebody else did."""
        if self._draft_of not in {"", account}:
            self.draft = Draft()
        self._draft_of = account

    async def names(self) -> list[TaskName]:
        """Answer the tasks that workers have registered."""
        return await self._api.get("/tasks/names", list[TaskName])

    async def enqueue(self, request: EnqueueRequest) -> Enqueued:
        """Send a task; returns once the broker has confirmed it."""
        return await self._api.post("/tasks", request, Enqueued)

    async def detail(self, task_id: str) -> TaskDetail:
        """Answer all that is known of a task, its whole result included."""
        return await self._api.get(f"/tasks/{quote(task_id, safe='')}", TaskDetail)

    async def revoke(self, task_id: str, *, terminate: bool = False) -> None:
        """Keep a task from running or, with *terminate*, kill it while it runs."""
        await self._api.post(f"/tasks/{quote(task_id, safe='')}/revoke", RevokeRequest(terminate=terminate))

    async def stats(self, seconds: int = 60) -> TaskStats:
        """Answer the figures above the table, one a second."""
        return await self._api.get("/tasks/stats", TaskStats, seconds=seconds)

    async def workers(self) -> list[Worker]:
        """Answer every worker that was ever seen and is not forgotten."""
        return await self._api.get("/workers", list[Worker])


_services: Final["WeakKeyDictionary[ApiClient, TaskService]"] = WeakKeyDictionary()


def task_service(api: "ApiClient") -> TaskService:
    """Answer the one service that speaks through *api*, so that its draft outlives every rebuilding of the window."""
    return _services.setdefault(api, TaskService(api))
