"""The one boundary where failures become ``application/problem+json`` (RFC 9457), whoever raised them."""

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketState

from embedded_server.contracts.problems import N_, ProblemDetails, UserFacingError
from embedded_server.journal import FilterError
from embedded_server.sessions.problems import SessionEnded, TooManyAttempts

_logger = logging.getLogger(__name__)

PROBLEM_JSON: Final = "application/problem+json"
_SHOWN_FAULTS: Final = 5
_MAX_VALUE_CHARS: Final = 80
_CLOSE_POLICY: Final = 1008


class InvalidRequest(UserFacingError):
    """The request does not have the shape the route asks for."""

    status = 422
    title = N_("The request is not understood: {where}")
    hint = N_("{what}")


class BrokenJson(UserFacingError):
    """The body is meant to be JSON and is none."""

    status = 400
    title = N_("The body is not valid JSON: {reason} at character {position}")
    hint = N_("Mend the JSON there, and send it again.")


class NotJson(UserFacingError):
    """The body is of a kind that the route does not take."""

    status = 415
    title = N_("The body is sent as “{content_type}”, not as JSON")
    hint = N_("Send it with “Content-Type: application/json”.")


class ServerFault(UserFacingError):
    """Something nobody foresaw."""

    status = 500
    title = N_("The server could not do this")
    hint = N_("The server's log has the cause, under the same time.")


class _Words(NamedTuple):
    title: str
    hint: str


_HTTP_WORDS: Final[Mapping[int, _Words]] = {
    400: _Words(N_("The request is not understood"), N_("Check that its body is valid JSON, in UTF-8.")),
    404: _Words(N_("There is nothing at this address"), N_("Check the path; /openapi.json lists all there are.")),
    405: _Words(N_("This address does not know this method"), N_("The answer's Allow header names those it knows.")),
    413: _Words(N_("The request's body is too large"), N_("Send less at once.")),
    415: _Words(N_("The request's body is of a kind not known here"), N_("Send JSON, with Content-Type: application/json.")),
}
_OTHER_WORDS: Final = _Words(N_("The request was refused"), N_("The status tells why."))


class ProblemResponse(JSONResponse):
    """A problem as an answer."""

    media_type = PROBLEM_JSON

    def __init__(self, problem: ProblemDetails, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(asdict(problem), status_code=problem.status, headers={**(headers or {}), **_challenge(problem)})

    def render(self, content: Any) -> bytes:
        """Write it as JSON, whatever of the request it quotes."""
        try:
            return super().render(content)
        except ValueError:  # half a character, or a number that JSON does not know
            return super().render(_tellable(content))


def _tellable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {_tellable(name): _tellable(one) for name, one in value.items()}
        case list() | tuple():
            return [_tellable(one) for one in value]
        case _:
            return value


def install(app: FastAPI) -> None:
    """Answer every failure of *app* as a problem."""

    async def on_user_facing(connection: Request | WebSocket, exc: Exception) -> Response | None:
        assert isinstance(exc, UserFacingError)
        return await _answer(connection, problem_response(exc))

    async def on_http(connection: Request | WebSocket, exc: Exception) -> Response | None:
        assert isinstance(exc, HTTPException)
        return await _answer(connection, ProblemResponse(_http_problem(exc), exc.headers))

    async def on_invalid(connection: Request | WebSocket, exc: Exception) -> Response | None:
        assert isinstance(exc, RequestValidationError | WebSocketRequestValidationError)
        return await _answer(connection, ProblemResponse(_invalid_problem(exc, connection.headers.get("content-type", ""))))

    app.add_exception_handler(UserFacingError, on_user_facing)  # type: ignore[arg-type]  # Starlette's type knows no handler for both
    app.add_exception_handler(HTTPException, on_http)  # type: ignore[arg-type]  # Starlette's type wants a handler of every exception
    app.add_exception_handler(RequestValidationError, on_invalid)  # type: ignore[arg-type]  # Starlette's type wants a handler of every exception
    app.add_exception_handler(WebSocketRequestValidationError, on_invalid)  # type: ignore[arg-type]  # Starlette's type wants a handler of every exception


def problem_response(exc: UserFacingError) -> ProblemResponse:
    """Answer *exc* with the headers its status asks for."""
    headers = {"Retry-After": str(exc.retry_after_s)} if isinstance(exc, TooManyAttempts) else None
    problem = exc.problem()
    if isinstance(exc, FilterError):
        problem = replace(problem, params={**problem.params, "position": exc.position, "length": exc.length})
    return ProblemResponse(problem, headers)


class UnforeseenFaults:
    """Outermost of our ASGI layers: what nobody handled is logged with its traceback, and answered as a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; catch what it raises."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            _logger.info("%s %s: the client left before it had sent all", scope.get("method", "WebSocket"), scope["path"])
        except Exception as exc:
            what = scope.get("method", "WebSocket")
            if isinstance(exc.__cause__, UserFacingError):  # Starlette wraps what is raised once an answer has begun
                _logger.error("%s %s was broken off: %s", what, scope["path"], exc.__cause__)  # noqa: TRY400 - its reason is known
            else:
                _logger.exception("%s %s failed", what, scope["path"])
            await send_problem(scope, receive, send, problem_response(ServerFault()), begun=begun)


async def send_problem(scope: Scope, receive: Receive, send: Send, response: Response, *, begun: bool = False) -> None:
    """Send *response* from an ASGI layer, for HTTP and WebSocket; where the answer has *begun*, break it off."""
    if scope["type"] == "http":
        if not begun:
            await response(scope, receive, send)
        return
    if not begun and "websocket.http.response" in scope.get("extensions", {}):
        await WebSocket(scope, receive, send).send_denial_response(response)
    else:
        await send({"type": "websocket.close", "code": 1011, "reason": ""})


async def _answer(connection: Request | WebSocket, response: ProblemResponse) -> Response | None:
    if not isinstance(connection, WebSocket):
        return response
    if connection.application_state is WebSocketState.CONNECTING and "websocket.http.response" in connection.scope.get("extensions", {}):
        await connection.send_denial_response(response)
    elif connection.application_state is not WebSocketState.DISCONNECTED:
        await connection.close(_CLOSE_POLICY)
    return None


def _challenge(problem: ProblemDetails) -> dict[str, str]:
    if problem.status != HTTPStatus.UNAUTHORIZED:
        return {}
    ended = problem.title_template == SessionEnded.title
    return {"WWW-Authenticate": 'Bearer realm="switchroom", error="invalid_token"' if ended else 'Bearer realm="switchroom"'}


def _http_problem(exc: HTTPException) -> ProblemDetails:
    words = _HTTP_WORDS.get(exc.status_code, _OTHER_WORDS)
    phrase = HTTPStatus(exc.status_code).phrase
    slug = phrase.lower().replace(" ", "-")
    detail = "" if exc.detail == phrase else str(exc.detail)
    return ProblemDetails(f"urn:switchroom:problem:{slug}", words.title, exc.status_code, detail, words.hint, words.title, words.hint)


def _invalid_problem(exc: RequestValidationError | WebSocketRequestValidationError, content_type: str) -> ProblemDetails:
    faults: list[dict[str, Any]] = list(exc.errors())
    first = faults[0]
    if first["type"] == "json_invalid":
        return BrokenJson(position=first["loc"][-1], reason=str(first["ctx"]["error"])).problem()
    if first["loc"] == ("body",) and isinstance(first.get("input"), bytes) and "json" not in content_type:
        return NotJson(content_type=content_type or "nothing").problem()
    told = [f"{_place(fault['loc'])}: {fault['msg']}{_value(fault)}" for fault in faults[:_SHOWN_FAULTS]]
    if len(faults) > _SHOWN_FAULTS:
        told.append(f"and {len(faults) - _SHOWN_FAULTS} more")
    return InvalidRequest(where=_place(first["loc"]), what=told[0], detail="; ".join(told)).problem()


def _place(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if len(parts) > 1 else parts)


def _value(fault: Mapping[str, Any]) -> str:
    value, place = fault.get("input"), _place(fault["loc"])
    if not isinstance(value, str | int | float) or "password" in place or "secret" in place:
        return ""
    return f" (“{str(value)[:_MAX_VALUE_CHARS]}”)"
