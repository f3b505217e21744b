"""Finds the trace a JSON body belongs to, where it says so with a W3C ``traceparent``."""

from typing import Final

import orjson

from embedded_server.contracts.events import Join
from embedded_server.core.trace import trace_id

MAX_SEARCHED_BYTES: Final = 256 * 1024
"""A larger body is not decoded only to look for its trace."""


def trace_of(body: bytes) -> tuple[str, Join]:
    """Answer the trace id of *body*'s top-level ``traceparent`` (W3C Trace Context, section 3.2) and how it was joined."""
    if b'"traceparent"' not in body or len(body) > MAX_SEARCHED_BYTES:
        return "", Join.NONE
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", Join.NONE
    found = trace_id(value.get("traceparent")) if isinstance(value, dict) else ""
    return (found, Join.TRACEPARENT) if found else ("", Join.NONE)
