"""Finds the trace a JSON body belongs to, where it says so with a W3C ``traceparent``."""

import re
from typing import Final

import orjson

from embedded_server.contracts.events import Join

MAX_SEARCHED_BYTES: Final = 256 * 1024
"""A larger body is not decoded only to look for its trace."""

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def trace_of(body: bytes) -> tuple[str, Join]:
    """Answer the trace id of *body*'s top-level ``traceparent`` (W3C Trace Context, section 3.2) and how it was joined."""
    if b'"traceparent"' not in body or len(body) > MAX_SEARCHED_BYTES:
        return "", Join.NONE
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", Join.NONE
    parent = value.get("traceparent") if isinstance(value, dict) else None
    match = _TRACEPARENT.fullmatch(parent) if isinstance(parent, str) else None
    if match is None or not match[1].strip("0"):
        return "", Join.NONE
    return match[1], Join.TRACEPARENT
