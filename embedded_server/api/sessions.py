"""Accounts and sessions: the only routes beside health that answer without a token are sign-in and the first account."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from embedded_server.api.dependencies import CurrentSession, ServicesDep
from embedded_server.api.security import bearer_token
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.sessions import Account, Credentials, Session, SignedIn
from embedded_server.sessions.problems import FirstAccountExists, SessionEnded

public_router = APIRouter(tags=["sessions"])
router = APIRouter(prefix="/sessions", tags=["sessions"])

Authorization = Annotated[str, Header(description="Bearer token; needed once an account exists", include_in_schema=False)]


class UnknownSession(UserFacingError):
    """There is no such session of this account."""

    status = 404
    title = N_("There is no session “{session_id}”")
    hint = N_("GET /sessions lists yours. It may have ended already.")


async def _is_first(services: ServicesDep, authorization: Authorization = "") -> bool:
    """Tell whether this is about the first account; any other needs a token, which is asked for before the body is looked at."""
    token = bearer_token(authorization)
    if token:
        await services.sessions.authenticate(token)
    elif not await services.sessions.needs_account():
        raise FirstAccountExists
    return not token


@public_router.post("/accounts", status_code=201)
async def create_account(credentials: Credentials, services: ServicesDep, first: Annotated[bool, Depends(_is_first)]) -> Account:
    """Create an account: the first one without a token, later ones as a signed-in user."""
    return await services.sessions.create_account(credentials, only_first=first)


@public_router.post("/sessions", status_code=201)
async def sign_in(
    credentials: Credentials,
    request: Request,
    services: ServicesDep,
    authorization: Authorization = "",
    user_agent: Annotated[str, Header()] = "",
) -> SignedIn:
    """Sign in and get a token. A token that comes along is ended: one sign-in, one session."""
    address = request.client.host if request.client else ""
    signed_in = await services.sessions.sign_in(credentials, address=address, user_agent=user_agent)
    former = bearer_token(authorization)
    if former:
        with suppress(SessionEnded):
            await services.sessions.end((await services.sessions.authenticate(former)).id)
    return signed_in


@router.get("")
async def list_sessions(session: CurrentSession, services: ServicesDep) -> list[Session]:
    """List the open sessions of the account that asks, the one used last first."""
    return services.sessions.of_account(session.account)


@router.get("/current")
async def current_session(session: CurrentSession) -> Session:
    """Tell about the session that asks."""
    return session


@router.delete("/current", status_code=204)
async def sign_out(session: CurrentSession, services: ServicesDep) -> Response:
    """Sign out: the token is worth nothing from now on, and the session's open feeds and streams close."""
    await services.sessions.end(session.id)
    return Response(status_code=204)


@router.delete("/{session_id}", status_code=204)
async def end_session(session_id: str, session: CurrentSession, services: ServicesDep) -> Response:
    """End another session of the same account."""
    if session_id not in {open_session.id for open_session in services.sessions.of_account(session.account)}:
        raise UnknownSession(session_id=session_id)
    await services.sessions.end(session_id)
    return Response(status_code=204)
