"""Tasks and workers over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.tasks import Enqueued, EnqueueRequest, RevokeRequest, TaskDetail, TaskName, TaskStats, Worker
from embedded_server.journal import ExportFormat
from embedded_server.tasks.arguments import parse_request
from embedded_server.tasks.export import export_tasks
from embedded_server.tasks.service import MAX_STATS_S

router = APIRouter(tags=["tasks"])

Filter = Annotated[str, Query(description="In the filter language; everything where it is empty")]
TaskId = Annotated[str, Path(max_length=255, description="The task's id, as Celery gave it")]
_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": TypeAdapter(EnqueueRequest).json_schema()}}}
}


@router.get("/tasks/names")
async def task_names(services: ServicesDep) -> list[TaskName]:
    """List the tasks that can be sent: the demo app's, and those that workers online have registered."""
    return await services.tasks.names()


@router.get("/tasks/stats")
async def task_stats(services: ServicesDep, seconds: Annotated[int, Query(ge=1, le=MAX_STATS_S)] = 60) -> TaskStats:
    """Tell the figures of the last seconds, oldest first."""
    return await services.tasks.stats(seconds)


@router.get(
    "/tasks/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}, "text/csv": {}}, "description": "The tasks, one a line"}},
)
async def export_all_tasks(services: ServicesDep, filter: Filter = "", format: ExportFormat = ExportFormat.NDJSON) -> StreamingResponse:
    """Stream every task that matches a filter, in the order first seen, each in its present state."""
    chunks = export_tasks(services.journal, filter, format)  # a wrong filter is told here, before the answer begins
    media_type = "text/csv; charset=utf-8" if format is ExportFormat.CSV else "application/x-ndjson"
    name = f"switchroom-tasks.{format.value}"
    return StreamingResponse(chunks, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post("/tasks", status_code=202, openapi_extra=_BODY)
async def enqueue_task(request: Request, services: ServicesDep) -> Enqueued:
    """Send one task; answers once the broker has confirmed it. Whole numbers of any size arrive as they are."""
    # Read here and not by FastAPI: so a mistake is told with its line and column, and no number passes through a float.
    return await services.tasks.enqueue(parse_request(await request.body()))


@router.get("/tasks/{task_id}")
async def task_detail(task_id: TaskId, services: ServicesDep) -> TaskDetail:
    """Tell all that is known of one task: its life, its result or its error."""
    return await services.tasks.detail(task_id)


@router.post("/tasks/{task_id}/revoke", status_code=204, response_class=Response)
async def revoke_task(task_id: TaskId, request: RevokeRequest, services: ServicesDep) -> None:
    """Keep a task from running; with ``terminate`` end it while it runs."""
    await services.tasks.revoke(task_id, request)


@router.get("/workers")
async def workers(services: ServicesDep) -> list[Worker]:
    """List the workers that were heard of, those online first."""
    return await services.tasks.workers()
