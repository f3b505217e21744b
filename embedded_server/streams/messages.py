"""Checks a message the user wants to send, before any of it leaves."""

import base64
import binascii
import json

from embedded_server.contracts.streams import FrameType, SendRequest
from embedded_server.streams.problems import MessageNotBase64, MessageNotJson


def message_of(request: SendRequest) -> str | bytes:
    """Answer what goes over the wire: text as typed (JSON included, so no number changes), or the bytes behind Base64.

    Raises `MessageNotJson` with its place, or `MessageNotBase64`.
    """
    if request.type is FrameType.JSON:
        try:
            json.loads(request.data, parse_constant=_refuse)
        except json.JSONDecodeError as exc:
            raise MessageNotJson(reason=exc.msg, line=exc.lineno, column=exc.colno) from exc
        except ValueError as exc:  # NaN, or an integer of thousands of digits
            raise MessageNotJson(reason=str(exc), line=1, column=1) from exc
        except RecursionError as exc:
            raise MessageNotJson(reason="nested too deeply", line=1, column=1) from exc
    if request.type is not FrameType.BINARY:
        return request.data
    try:
        return base64.b64decode("".join(request.data.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise MessageNotBase64 from exc


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
