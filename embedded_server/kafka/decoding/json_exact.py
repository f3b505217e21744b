"""JSON whose whole numbers stay what they are, whatever their size, and that says NaN and Infinity in words."""

import json
import math
from typing import Any, Final, NoReturn

import orjson

from embedded_server.kafka.decoding.problems import ContentNotJson, NestedTooDeeply, NotJson

MAX_DEPTH: Final = 100
"""Of what is decoded and written here; orjson writes up to 254 and reads up to 1,024."""
_INT64: Final = 2**63


class _NotOne(ValueError):
    """A constant that is not JSON."""


def dumps(value: Any, *, floats: bool = True) -> str:
    """Answer *value* as JSON in one line. Where *floats* may be in it, NaN and the infinities become strings.

    Bytes are the caller's to replace. Raises `NestedTooDeeply`.
    """
    try:
        if floats:
            return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except RecursionError as exc:
        raise NestedTooDeeply(most=MAX_DEPTH) from exc
    except (TypeError, ValueError):
        return json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"))


def finite(value: Any) -> Any:
    """Answer *value* with each float that JSON cannot say written in words."""
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return said(value) if isinstance(value, float) else value


def said(value: float) -> float | str:
    """Answer a float as JSON takes it: ``NaN``, ``Infinity`` and ``-Infinity`` are strings."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def checked(data: bytes) -> str:
    """Answer a JSON text as it stands, its numbers untouched. Raises `NotJson`."""
    try:
        text = data.decode()
        orjson.loads(data)
    except UnicodeDecodeError as exc:
        raise NotJson(reason=f"byte 0x{data[exc.start]:02x} at {exc.start} is not UTF-8") from exc
    except orjson.JSONDecodeError as exc:
        if "ecursion" in exc.msg:
            raise NestedTooDeeply(most=1024) from exc
        raise NotJson(reason=f"{exc.msg.partition(':')[0]}, line {exc.lineno}, column {exc.colno}") from exc
    return text


def loads(text: str) -> Any:
    """Read JSON that a user wrote; whole numbers are exact. Raises `ContentNotJson`."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_whole)
    except json.JSONDecodeError as exc:
        raise ContentNotJson(line=exc.lineno, column=exc.colno, reason=exc.msg.lower()) from exc
    except _NotOne as exc:
        before = text[: max(0, text.find(str(exc)))]
        raise ContentNotJson(line=before.count("\n") + 1, column=len(before) - before.rfind("\n"), reason=f"{exc} is not JSON") from exc
    except RecursionError as exc:
        raise ContentNotJson(line=1, column=1, reason="nested too deeply") from exc


def _refuse(name: str) -> NoReturn:
    raise _NotOne(name)


def _whole(digits: str) -> int:
    if len(digits) > 1_000:  # what Python reads of one grows with the square of its length, and ends at 4,300
        raise _NotOne(digits[:40])
    return int(digits)


def fits_64(value: int) -> bool:
    """Whether a whole number has 64 bits, signed or not."""
    return -_INT64 <= value < 2 * _INT64
