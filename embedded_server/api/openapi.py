"""The API's own description: complete, typed, and with the problems every route may answer."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute

from embedded_server.api import field_docs
from embedded_server.api.errors import PROBLEM_JSON
from embedded_server.contracts.problems import ProblemDetails

router = APIRouter(tags=["server"])

_SCHEME: Final = "token"
_COMMON: Final = {
    "401": "No token, or one that is worth nothing any more",
    "422": "The request is not understood",
    "500": "Something unforeseen",
}


@router.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """Answer this description."""
    app: FastAPI = request.app
    return app.openapi()


def operation_id(route: APIRoute) -> str:
    """Name an operation as its function is named."""
    return route.name


def install(app: FastAPI, public: frozenset[str]) -> None:
    """Describe on every operation but those named in *public* that it needs a token, and on all how they fail."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {})["ProblemDetails"] = _problem_schema()
            for unused in ("HTTPValidationError", "ValidationError"):
                components["schemas"].pop(unused, None)
            field_docs.describe(components["schemas"])
            components["securitySchemes"] = {_SCHEME: {"type": "http", "scheme": "bearer", "description": "From POST /sessions"}}
            for path in schema["paths"].values():
                for operation in path.values():
                    _describe(operation, operation["operationId"] in public)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _describe(operation: dict[str, Any], is_public: bool) -> None:
    if not is_public:
        operation["security"] = [{_SCHEME: []}]
    for status, description in _COMMON.items():
        operation["responses"][status] = _problem_response(description)
    operation["responses"]["default"] = _problem_response("Any other failure")


def _problem_response(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}}


def _problem_schema() -> dict[str, Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(ProblemDetails).json_schema(ref_template="#/components/schemas/{model}")
