"""What the services of the brokers' panels have in common: bodies, generated fields, templates and jobs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import quote

from desktop.services.drafts import Drafts
from embedded_server.contracts.filling import GeneratedField, Uploaded
from embedded_server.contracts.jobs import Job

if TYPE_CHECKING:
    from desktop.services.api import ApiClient

PATIENT_S: Final = 60.0
"""A broker may be long about one act: the server waits 30 s for its answer, and 128 MiB take their time."""

SentT = TypeVar("SentT")
TemplateT = TypeVar("TemplateT")


class BrokerService(Drafts, Generic[SentT, TemplateT]):
    """Asks at the routes below *root*, such as ``/kafka``; *sent* is what goes to the broker there, and *kept* what the templates are."""

    def __init__(self, api: "ApiClient", root: str, sent: type[SentT], kept: type[list[TemplateT]]) -> None:
        super().__init__()
        self._api = api
        self._root = root
        self._sent = sent
        self._kept = kept

    # -- what is sent

    async def upload(self, body: bytes) -> Uploaded:
        """Give the server a body, to be sent by its id."""
        return await self._api.post(f"{self._root}/bodies", body, Uploaded, timeout_s=PATIENT_S)

    async def upload_file(self, file: Path, progress: Callable[[int], None] | None = None) -> Uploaded:
        """Give the server a file as a body; *progress* is told how many bytes are on their way. Raises OSError where it cannot be read."""
        return await self._api.send_file(f"{self._root}/bodies", file, Uploaded, progress)

    async def generated_fields(self) -> list[GeneratedField]:
        """Answer what can be filled in what is sent."""
        return await self._api.get(f"{self._root}/generated-fields", list[GeneratedField])

    async def fill(self, sent: SentT) -> SentT:
        """Answer *sent* with its fields filled once, for a preview."""
        return await self._api.post(f"{self._root}/fill", sent, self._sent)

    async def templates(self) -> list[TemplateT]:
        """Answer what is kept to be sent again."""
        return await self._api.get(f"{self._root}/templates", self._kept)

    async def save_template(self, template: TemplateT) -> list[TemplateT]:
        """Keep one under its name."""
        return await self._api.put(f"{self._root}/templates", template, self._kept)

    async def remove_template(self, name: str) -> list[TemplateT]:
        """Forget a kept one."""
        return await self._api.post(f"{self._root}/templates/remove", {"name": name}, self._kept)

    # -- jobs

    async def jobs(self, connection: str | None = None) -> list[Job]:
        """Answer the jobs, of one connection where asked so, newest first."""
        return await self._api.get("/jobs", list[Job], connection=connection)

    async def job(self, job_id: str) -> Job:
        """Answer one job."""
        return await self._api.get(f"/jobs/{quote(job_id, safe='')}", Job)

    async def stop_job(self, job_id: str) -> Job:
        """Stop a job; what it has done stays done."""
        return await self._api.post(f"/jobs/{quote(job_id, safe='')}/stop", None, Job)

    async def forget_job(self, job_id: str) -> None:
        """Take a job that is over off the list."""
        await self._api.delete(f"/jobs/{quote(job_id, safe='')}")
