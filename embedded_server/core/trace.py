"""What a W3C ``traceparent`` says, wherever it was found (Trace Context, section 3.2)."""

import re
from typing import Any, Final

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def trace_id(traceparent: Any) -> str:
    """Answer the trace id, or nothing where *traceparent* is none."""
    match = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    return match[1] if match is not None and match[1].strip("0") else ""
