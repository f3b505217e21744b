"""Refuses JSON with half a character in it: no broker takes it, no file keeps it, and no answer could tell of it again."""

import json
import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ESCAPED_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""Also what two whole halves look like."""


class HalfCharacter(ValueError):
    """FastAPI turns what the reading of a body raises into a 400."""


class WholeText:
    """Looks at bodies that come whole in JSON; those in *passed* are bytes."""

    def __init__(self, app: ASGIApp, passed: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._passed = passed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with a ``receive`` that looks at the body once it is all there."""
        if scope["type"] != "http" or scope["path"] in self._passed:
            await self._app(scope, receive, send)
            return
        chunks: list[bytes] = []

        async def looking_receive() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                chunks.append(message.get("body", b""))
                if not message.get("more_body", False):
                    check(b"".join(chunks))
                    chunks.clear()
            return message

        await self._app(scope, looking_receive, send)


def check(body: bytes) -> None:
    """Raise `HalfCharacter` where *body* is JSON with a surrogate that has no other half."""
    if _ESCAPED_HALF.search(body) is None:
        return
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise HalfCharacter("half of a surrogate pair") from exc
    except (ValueError, RecursionError):
        return  # no JSON: told by whoever reads it
