"""A WebSocket message as typed, checked while it is typed."""

import base64
import binascii
import json
from dataclasses import dataclass
from enum import StrEnum

from desktop.core.i18n import tr
from embedded_server.contracts.streams import FrameType, SendRequest


class Format(StrEnum):
    """How what was typed is meant."""

    TEXT = "text"
    JSON = "json"
    BASE64 = "base64"
    HEX = "hex"


@dataclass(frozen=True, slots=True)
class Message:
    """What would be sent, or why it cannot be."""

    request: SendRequest | None = None
    size: int = 0
    """Bytes on the wire."""
    fault: str = ""


def check(text: str, format_: Format) -> Message:
    """Check a message; numbers in JSON travel as they were typed."""
    match format_:
        case Format.TEXT:
            return Message(SendRequest(FrameType.TEXT, text), len(text.encode(errors="replace")))
        case Format.JSON:
            fault = _json_fault(text)
            return Message(fault=fault) if fault else Message(SendRequest(FrameType.JSON, text), len(text.encode(errors="replace")))
        case Format.BASE64:
            return _binary(_from_base64(text), tr("This is not Base64: A-Z, a-z, 0-9, + and /, padded with = to a multiple of four"))
        case Format.HEX:
            return _binary(_from_hex(text), tr("This is not hexadecimal: pairs of 0-9 and a-f, with or without blanks"))


def _binary(data: bytes | None, fault: str) -> Message:
    if data is None:
        return Message(fault=fault)
    return Message(SendRequest(FrameType.BINARY, base64.b64encode(data).decode()), len(data))


def _json_fault(text: str) -> str:
    if not text.strip():
        return tr("Type a JSON value")
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as exc:
        return tr("Not JSON yet: line {line}, column {column}: {reason}", line=exc.lineno, column=exc.colno, reason=exc.msg)
    except (ValueError, RecursionError):
        return tr("Not JSON: NaN, Infinity, overlong numbers and endless nesting are none")
    return ""


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _from_hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text.replace("0x", " ").replace(":", " ").replace(",", " "))
    except ValueError:
        return None


def _refuse(name: str) -> None:
    raise ValueError(name)
