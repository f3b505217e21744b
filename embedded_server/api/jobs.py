"""Jobs over HTTP: what goes on in the server, and how to stop it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.jobs import Job

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobId = Annotated[str, Path(description="A job's id, as its start answered it.")]


@router.get("", summary="List jobs")
async def list_jobs(
    services: ServicesDep, connection: Annotated[str, Query(description="A connection's id; empty is every connection")] = ""
) -> list[Job]:
    """List the jobs that run and the newest that are over, the newest first."""
    return services.jobs.all(connection)


@router.get("/{job_id}", summary="Read a job")
async def read_job(services: ServicesDep, job_id: JobId) -> Job:
    """Answer one job and how far it is."""
    return services.jobs.job(job_id).snapshot()


@router.post("/{job_id}/stop", summary="Stop a job")
async def stop_job(services: ServicesDep, job_id: JobId) -> Job:
    """Let a job come to a good end; answers with its summary."""
    return await services.jobs.stop(job_id)


@router.delete("/{job_id}", status_code=204, summary="Forget a job")
async def forget_job(services: ServicesDep, job_id: JobId) -> None:
    """Take a job that is over off the list. Its events stay in the journal."""
    services.jobs.remove(job_id)
