"""A row or an event as text for the clipboard."""

import base64
import json
from dataclasses import asdict, is_dataclass
from typing import Any

from embedded_server.contracts.events import EventDetail


def event_as_json(event: EventDetail, *, indent: int | None = 2) -> str:
    """A whole event: its fields, its headers, and its body as JSON where it is JSON, as text where it is text, else as Base64."""
    fields: dict[str, Any] = {key: value for key, value in event.row._asdict().items() if key != "preview"}
    fields["headers"] = event.headers
    fields |= _body_of(base64.b64decode(event.body))
    if event.truncated:
        fields["truncated"] = True
    return json.dumps(fields, ensure_ascii=False, indent=indent)


def row_as_json(row: Any, *, indent: int | None = 2) -> str:
    """What is known of a task: a row of a table, or the whole of it."""
    fields = asdict(row) if is_dataclass(row) and not isinstance(row, type) else row._asdict()
    return json.dumps(fields, ensure_ascii=False, indent=indent)


def _body_of(body: bytes) -> dict[str, Any]:
    if not body:
        return {"body": None}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
    try:
        return {"body": json.loads(text)}
    except ValueError:
        return {"body": text}
