"""A broker's API that answers from memory, and a host for its forms: what the fakes of both brokers are made from."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.services.notices import Notices
from embedded_server.contracts.filling import GeneratedField, Uploaded
from embedded_server.contracts.jobs import Job, JobState

STARTED = 1_795_000_000_000_000_000


class FormApi(QObject):
    """Answers by route, keeps what it was sent, and fails where told. A subclass knows the broker's own routes."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.sent: list[tuple[str, str, Any]] = []
        """Method, path and body of each request that changes something."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, Exception] = {}
        """By the end of a path."""
        self.gate: asyncio.Event | None = None
        self.job = job
        self.jobs: list[Job] = []
        self.templates: list[Any] = []
        self.uploads: list[bytes] = []
        self.fields = [GeneratedField("uuid", "6fa459ea-ee8a-3ca4-894e-db77e160355e"), GeneratedField("name", "Ada Lovelace")]

    def bodies(self, end: str) -> list[Any]:
        """What was sent to the paths that end so."""
        return [body for _, path, body in self.sent if path.endswith(end)]

    def answers(self, query: dict[str, Any]) -> dict[str, Any]:
        """What the broker's own routes answer to a question, by the end of their path."""
        raise NotImplementedError

    def acts(self, body: Any) -> dict[str, Callable[[], Any]]:
        """What the broker's own routes do, by the end of their path."""
        raise NotImplementedError

    async def get(self, path: str, _type: Any = None, **query: Any) -> Any:
        """Read."""
        self.asked.append((path, query))
        await self._begin(path)
        if path.startswith("/jobs/"):
            return self.job
        shared = {"jobs": self.jobs, "templates": self.templates, "generated-fields": self.fields}
        return (shared | self.answers(query))[path.rsplit("/", 1)[1]]

    async def post(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Do."""
        self.sent.append(("POST", path, body))
        await self._begin(path)
        return self.answer(path, body)

    def answer(self, path: str, body: Any) -> Any:
        """Do what *path* is for."""
        if path.endswith("/bodies"):
            return self._uploaded(body)
        if path.endswith("/templates/remove"):
            return self._without(body["name"])
        if path.endswith("/stop"):
            self.job = replace(self.job, state=JobState.STOPPING)
            return self.job
        return self.acts(body)[path.rsplit("/", 1)[1]]()

    async def put(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Keep a template."""
        self.sent.append(("PUT", path, body))
        await self._begin(path)
        return self.keep(path, body)

    def keep(self, _path: str, body: Any) -> Any:
        """Keep what *path* is for."""
        self.templates = [*self._without(body.name), body]
        return self.templates

    async def delete(self, path: str) -> None:
        """Forget a job."""
        self.sent.append(("DELETE", path, None))
        await self._begin(path)

    async def send_file(self, path: str, file: Path, _type: Any, progress: Callable[[int], None] | None = None) -> Any:
        """Take a file."""
        await self._begin(path)
        data = await asyncio.to_thread(file.read_bytes)
        if progress is not None:
            progress(len(data) // 2)
        return self._uploaded(data)

    def _uploaded(self, data: bytes) -> Uploaded:
        self.uploads.append(data)
        return Uploaded(f"up-{len(self.uploads)}", len(data))

    def _without(self, name: str) -> list[Any]:
        self.templates = [template for template in self.templates if template.name != name]
        return self.templates

    async def _begin(self, path: str) -> None:
        if self.gate is not None:
            await self.gate.wait()
        for end, failure in self.failures.items():
            if path.endswith(end):
                raise failure


class FormBench:
    """A host for whatever sheet a test opens. Close it while the loop runs: forms ask when left."""

    def __init__(self, width: int) -> None:
        self.notices = Notices()
        self.host = QWidget()
        self.host.resize(width, 740)
        self.host.show()

    def close(self) -> None:
        """Put the host away."""
        self.host.close()
        self.host.deleteLater()
