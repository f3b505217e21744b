"""The formats that need no schema: text, hex, Base64, whole numbers, floats and UUIDs."""

import base64
import struct
import uuid
from typing import Final

from embedded_server.kafka.decoding.json_exact import said
from embedded_server.kafka.decoding.problems import NotText, NotUuid, WrongLength

_INTEGER_BYTES: Final = (1, 2, 4, 8)
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r\x0c\x1b")) + b"\x7f"
"""No text that people read has them: a 4-byte number is valid UTF-8, too."""


def text_of(data: bytes) -> str:
    """Answer UTF-8 text that is meant to be read. Raises `NotText`."""
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise NotText(byte=data[exc.start], at=exc.start) from exc
    if len(data.translate(None, _CONTROLS)) != len(data):
        at = next(number for number, byte in enumerate(data) if byte in _CONTROLS)
        raise NotText(byte=data[at], at=at)
    return text


def lossy_text_of(data: bytes) -> str:
    r"""Answer text whatever the bytes are; what is no UTF-8 appears as ``\xNN``."""
    return data.decode("utf-8", "backslashreplace")


def hex_of(data: bytes) -> str:
    """Answer the bytes as pairs of hex digits."""
    return data.hex(" ")


def base64_of(data: bytes) -> str:
    """Answer the bytes as Base64."""
    return base64.b64encode(data).decode()


def integer_of(data: bytes) -> str:
    """Answer a signed big-endian number of 1, 2, 4 or 8 bytes. Raises `WrongLength`."""
    if len(data) not in _INTEGER_BYTES:
        raise WrongLength(size=len(data), what="a whole number", lengths="1, 2, 4 or 8")
    return str(int.from_bytes(data, "big", signed=True))


def float_of(data: bytes) -> str:
    """Answer a big-endian float of 4 or 8 bytes. Raises `WrongLength`."""
    if len(data) not in {4, 8}:
        raise WrongLength(size=len(data), what="a float", lengths="4 or 8")
    (number,) = struct.unpack(">f" if len(data) == 4 else ">d", data)
    return str(said(shortest(number) if len(data) == 4 else number))


def shortest(number: float) -> float:
    """Answer the float with the fewest digits that is the same in 32 bits: 0.1 rather than 0.10000000149011612."""
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - the one value that is not itself
        return number
    for digits in (6, 7, 8):
        short = float(f"{number:.{digits}g}")
        try:
            if struct.unpack(">f", struct.pack(">f", short))[0] == number:
                return short
        except OverflowError:  # rounded up beyond the largest one
            continue
    return number


def uuid_of(data: bytes) -> str:
    """Answer a UUID of 16 bytes, or as text. Raises `NotUuid`."""
    try:
        return str(uuid.UUID(bytes=data) if len(data) == 16 else uuid.UUID(data.decode("ascii")))
    except ValueError as exc:
        raise NotUuid from exc
