"""MessagePack to JSON values and back: https://github.com/msgpack/msgpack/blob/master/spec.md.

Read here rather than by msgpack's own reader, because a report names the byte that is wrong, a preview stops early, and a few bytes
must not become gigabytes of empty containers.
"""

import base64
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgpack

from embedded_server.kafka.decoding.budget import Budget, Enough
from embedded_server.kafka.decoding.json_exact import fits_64, loads, said
from embedded_server.kafka.decoding.problems import NotMessagePack, NotWritable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIMESTAMP_TYPE: Final = -1
_NUMBERS: Final = {
    0xCA: struct.Struct(">f"),
    0xCB: struct.Struct(">d"),
    0xCC: struct.Struct(">B"),
    0xCD: struct.Struct(">H"),
    0xCE: struct.Struct(">I"),
    0xCF: struct.Struct(">Q"),
    0xD0: struct.Struct(">b"),
    0xD1: struct.Struct(">h"),
    0xD2: struct.Struct(">i"),
    0xD3: struct.Struct(">q"),
}
_FIXED_EXT: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_BIN: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_EXT: Final = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_STR: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAY: Final = {0xDC: 2, 0xDD: 4}
_MAP: Final = {0xDE: 2, 0xDF: 4}
_CONSTANTS: Final = {0xC0: None, 0xC2: False, 0xC3: True}


def unpack(data: bytes, *, preview: bool = False) -> Any:
    """Read one value that takes all of *data*: bytes as ``{"base64": …}``, other extensions as ``{"ext": …, "base64": …}``.

    Raises `NotMessagePack`, `NestedTooDeeply` and `TooManyValues`. A *preview* may answer the beginning of a large value.
    """
    reader = _Reader(data, Budget(preview=preview))
    holder: list[Any] = []
    try:
        reader.read_into(holder)
    except Enough:
        return holder[0] if holder else None
    if reader.at < len(data):
        raise NotMessagePack(reason="the value has ended, and there is more", at=reader.at)
    return holder[0]


def is_convincing(data: bytes) -> bool:
    """Whether the first byte is that of a container: any byte is some MessagePack, so a lone number says nothing."""
    return bool(data) and (0x80 <= data[0] <= 0x9F or 0xDC <= data[0] <= 0xDF) and len(data) > 1


class _Reader:
    """Reads values one after the other."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data = data
        self._budget = budget
        self.at = 0

    def read_into(self, holder: list[Any]) -> None:
        """Read a value and append it; a container is appended before what is in it, so that a preview sees its beginning."""
        self._budget.spend()
        start = self.at
        code = self._take(1)[0]
        if 0x90 <= code <= 0x9F or code in _ARRAY:
            self._array(holder, code & 0x0F if code <= 0x9F else self._size(_ARRAY[code]))
        elif 0x80 <= code <= 0x8F or code in _MAP:
            self._map(holder, code & 0x0F if code <= 0x8F else self._size(_MAP[code]))
        else:
            holder.append(self._scalar(code, start))

    def _array(self, holder: list[Any], count: int) -> None:
        made: list[Any] = []
        holder.append(made)
        self._budget.enter()
        for _ in range(count):
            self.read_into(made)
        self._budget.leave()

    def _map(self, holder: list[Any], count: int) -> None:
        made: dict[str, Any] = {}
        holder.append(made)
        self._budget.enter()
        one: list[Any] = []
        for _ in range(count):
            one.clear()
            self.read_into(one)
            name = _name(one[0])
            one.clear()
            try:
                self.read_into(one)
            finally:
                if one:
                    made[name] = one[0]
        self._budget.leave()

    def _scalar(self, code: int, start: int) -> Any:
        if code <= 0x7F:
            return code
        if code >= 0xE0:
            return code - 0x100
        if 0xA0 <= code <= 0xBF:
            return self._text(code & 0x1F)
        if code in _STR:
            return self._text(self._size(_STR[code]))
        if code in _NUMBERS:
            form = _NUMBERS[code]
            (number,) = form.unpack(self._take(form.size))
            return said(number) if isinstance(number, float) else number
        if code in _BIN:
            return {"base64": base64.b64encode(self._take(self._size(_BIN[code]))).decode()}
        if code in _FIXED_EXT or code in _EXT:
            return self._extension(_FIXED_EXT[code] if code in _FIXED_EXT else self._size(_EXT[code]))
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        raise NotMessagePack(reason="0xc1 is never used", at=start)

    def _size(self, width: int) -> int:
        return int.from_bytes(self._take(width), "big")

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._data):
            raise NotMessagePack(reason="the bytes end too early", at=len(self._data))
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def _text(self, size: int) -> Any:
        start = self.at
        raw = self._take(size)
        try:
            return raw.decode()
        except UnicodeDecodeError as exc:
            raise NotMessagePack(reason="a text is not UTF-8", at=start + exc.start) from exc

    def _extension(self, size: int) -> Any:
        kind = int.from_bytes(self._take(1), "big", signed=True)
        raw = self._take(size)
        if kind == _TIMESTAMP_TYPE and (time := _timestamp(raw)):
            return time
        return {"ext": kind, "base64": base64.b64encode(raw).decode()}


def _name(value: Any) -> str:
    """Answer a map's key as JSON has it: what is no text is written as JSON."""
    if isinstance(value, str):
        return value
    from embedded_server.kafka.decoding.json_exact import dumps

    return dumps(value)


def _timestamp(raw: bytes) -> str:
    """Answer an instant, or nothing where it is none or lies outside of years 1 to 9999."""
    if len(raw) == 4:
        seconds, nanos = int.from_bytes(raw, "big"), 0
    elif len(raw) == 8:
        both = int.from_bytes(raw, "big")
        seconds, nanos = both & (2**34 - 1), both >> 34
    elif len(raw) == 12:
        nanos, seconds = struct.unpack(">Iq", raw)
    else:
        return ""
    try:
        whole = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{whole:%Y-%m-%dT%H:%M:%S}".zfill(19) + f"{fraction}Z" if nanos < 1_000_000_000 else ""


# -- writing


def pack(text: str) -> bytes:
    """Write a JSON text; ``{"base64": …}`` becomes bytes again, and ``{"ext": …, "base64": …}`` an extension.

    Raises `ContentNotJson` and `NotWritable`.
    """
    packed: bytes = msgpack.packb(_packable(loads(text), "$", 0), use_bin_type=True)
    return packed


def _packable(value: Any, path: str, depth: int) -> Any:
    if depth > 100:
        raise NotWritable(path=path, reason="nested too deeply", schema="MessagePack")
    if isinstance(value, dict):
        if set(value) in ({"base64"}, {"ext", "base64"}):
            return _bytes(value, path)
        return {_half(name, path): _packable(one, f"{path}.{name}", depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_packable(one, f"{path}[{number}]", depth + 1) for number, one in enumerate(value)]
    if isinstance(value, str):
        return _half(value, path)
    if isinstance(value, int) and not fits_64(value):
        raise NotWritable(path=path, reason="a whole number has at most 64 bits", schema="MessagePack")
    return value


def _half(text: str, path: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise NotWritable(path=path, reason="half a character (a lone surrogate)", schema="MessagePack") from exc
    return text


def _bytes(value: dict[str, Any], path: str) -> Any:
    kind = value.get("ext")
    try:
        raw = base64.b64decode(value["base64"], validate=True)
    except (ValueError, TypeError) as exc:
        raise NotWritable(path=f"{path}.base64", reason="expected Base64", schema="MessagePack") from exc
    if kind is None and "ext" not in value:
        return raw
    if not isinstance(kind, int) or isinstance(kind, bool) or not -128 <= kind <= 127:
        raise NotWritable(path=f"{path}.ext", reason="expected a whole number from -128 to 127", schema="MessagePack")
    return msgpack.ExtType(kind, raw) if kind >= 0 else _reserved(kind, raw)


def _reserved(kind: int, raw: bytes) -> Any:
    if kind == _TIMESTAMP_TYPE and len(raw) in {4, 8, 12}:
        return msgpack.Timestamp.from_bytes(raw)
    raise NotWritable(path="$", reason=f"extension types below 0 are reserved, and {kind} is none that is known", schema="MessagePack")
