"""The FastAPI app around the routers: what stands before them, and how it describes itself. Importing it takes most of a start."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from embedded_server.api import (
    connections,
    errors,
    events,
    feeds,
    health,
    hub,
    jobs,
    kafka_inventory,
    kafka_records,
    kafka_schemas,
    openapi,
    rabbitmq_inventory,
    rabbitmq_messages,
    server,
    sessions,
    streams,
    tasks,
)
from embedded_server.api.dependencies import current_session, tasks_begun
from embedded_server.api.security import AnswerHeaders, BodyLimit, Gate
from embedded_server.api.whole_text import WholeText
from embedded_server.core.version import VERSION
from embedded_server.settings import Settings

PUBLIC_ROUTERS: Final = (health.router, sessions.public_router)
ROUTERS: Final = (
    sessions.router,
    server.router,
    events.router,
    feeds.router,
    tasks.router,
    streams.router,
    hub.router,
    connections.router,
    jobs.router,
    rabbitmq_messages.router,
    rabbitmq_inventory.router,
    kafka_inventory.router,
    kafka_records.router,
    kafka_schemas.router,
    openapi.router,
)


def make_app(settings: Settings, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    """Make the app; its *lifespan* provides ``app.state.services``."""
    app = FastAPI(
        title="Switchroom",
        version=VERSION,
        summary="The asynchronous side of a Python back end in one place: tasks, brokers, streams and their journal",
        lifespan=lifespan,
        docs_url=None,  # its pages come from a CDN; the desktop is the interface
        redoc_url=None,
        openapi_url=None,  # served with a token, like everything
        generate_unique_id_function=openapi.operation_id,
    )
    _include(app)
    errors.install(app)
    of_bytes = frozenset({rabbitmq_messages.BODIES_PATH, kafka_records.BODIES_PATH})
    app.add_middleware(WholeText, passed=of_bytes)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, own_limit=of_bytes)
    app.add_middleware(errors.UnforeseenFaults)
    if settings.allowed_origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware, allow_origins=list(settings.allowed_origins), allow_methods=["*"], allow_headers=["*"], expose_headers=["*"]
        )
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(AnswerHeaders)
    return app


def _include(app: FastAPI) -> None:
    for router in PUBLIC_ROUTERS:
        app.include_router(router)
    for router in ROUTERS:
        after = [Depends(tasks_begun)] if router is tasks.router else []
        app.include_router(router, dependencies=[Depends(current_session), *after])
    openapi.install(app, frozenset(route.name for router in PUBLIC_ROUTERS for route in _routes(router)))


def _routes(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]
