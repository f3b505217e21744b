"""Streams for the tests of the panel."""

from typing import Any

from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.streams import Stream, StreamKind, StreamSpec, StreamState

NOW = 1_764_000_000_000_000_000


def make_stream(id_: str = "s1", **changes: Any) -> Stream:
    """An event stream that was never opened, but for *changes* (of the stream or of its spec)."""
    spec: dict[str, Any] = {"name": f"stream {id_}", "kind": StreamKind.SSE, "url": "https://h/p"}
    values: dict[str, Any] = {
        "state": StreamState.IDLE, "reason": "", "received": 0, "sent": 0, "bytes": 0, "rate": 0.0, "opened_at": 0, "attempt": 0,
        "retry_at": 0, "last_event_id": "", "close_code": 0, "resumed": 0, "subprotocol": "",
    }  # fmt: skip
    for key, value in changes.items():
        (spec if key in StreamSpec.__dataclass_fields__ else values)[key] = value
    return Stream(id=id_, spec=StreamSpec(**spec), **values)


def make_problem(title: str = "Nothing answers at h:443", hint: str = "Check the port.", detail: str = "") -> ProblemDetails:
    """Why a stream is not open."""
    return ProblemDetails("urn:switchroom:problem:x", title, 502, detail, hint, title, hint)
