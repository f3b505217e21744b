"""Bodies that were compressed: unpacked to look at, up to a limit. Meant for a thread."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from desktop.core.formatting import size
from desktop.core.i18n import tr

MAX_BYTES: Final = 32 * 1024 * 1024
"""A few bytes can stand for gigabytes."""
MAX_WINDOW: Final = 128 * 1024 * 1024
"""What zstd may keep in memory of what it has unpacked."""

_MAGIC: Final = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))
_NAMES: Final = {
    "gzip": "gzip",
    "x-gzip": "gzip",
    "application/gzip": "gzip",
    "application/x-gzip": "gzip",  # Celery's name for what is really zlib: the bytes themselves tell
    "deflate": "deflate",
    "zlib": "deflate",
    "zstd": "zstd",
    "application/zstd": "zstd",
    "bzip2": "bzip2",
    "application/x-bz2": "bzip2",
    "xz": "xz",
    "application/x-lzma": "xz",
}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A body as it is read."""

    data: bytes
    form: str = ""
    """How it was packed; empty where it was not."""
    note: str = ""
    """What is worth knowing: how much it became, that it was cut, or why it could not be unpacked."""
    is_whole: bool = True


def unpack(data: bytes, *names: str | None) -> Unpacked:
    """Unpack *data* where *names* (``content-encoding``, Celery's ``compression``) or its first bytes say that it is packed."""
    named = next((_NAMES[name.strip().lower()] for name in names if name and name.strip().lower() in _NAMES), "")
    found = next((form for magic, form in _MAGIC if data.startswith(magic)), "")
    form = found or ("deflate" if named == "gzip" else named)
    if not form or not data:
        return Unpacked(data)
    try:
        plain, is_whole = _UNPACKERS[form](data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, _zstd_error()) as exc:
        if not named:  # its first bytes looked like it by chance
            return Unpacked(data)
        return Unpacked(data, note=tr("Not unpacked: it is said to be {form}, and is not ({reason})", form=named, reason=str(exc)))
    shown = "zlib" if form == "deflate" else form
    note = tr("Unpacked from {form}: {packed} became {size}", form=shown, packed=size(len(data)), size=size(len(plain)))
    if not is_whole:
        note = tr("Unpacked from {form}: only the first {size} are shown", form=shown, size=size(len(plain)))
    return Unpacked(plain, shown, note, is_whole)


def _zlib(data: bytes, bits: int) -> tuple[bytes, bool]:
    engine = zlib.decompressobj(bits)
    plain = engine.decompress(data, MAX_BYTES)
    if not engine.eof and len(plain) < MAX_BYTES:
        raise EOFError(tr("it ends too early"))
    return plain, engine.eof


def _gzip(data: bytes) -> tuple[bytes, bool]:
    return _zlib(data, 16 + zlib.MAX_WBITS)


def _deflate(data: bytes) -> tuple[bytes, bool]:
    """What the web calls deflate is zlib's format, or the bare stream."""
    try:
        return _zlib(data, zlib.MAX_WBITS)
    except zlib.error:
        return _zlib(data, -zlib.MAX_WBITS)


def _bzip2(data: bytes) -> tuple[bytes, bool]:
    engine = bz2.BZ2Decompressor()
    plain = engine.decompress(data, MAX_BYTES)
    return _checked(plain, is_over=engine.eof)


def _xz(data: bytes) -> tuple[bytes, bool]:
    engine = lzma.LZMADecompressor()
    plain = engine.decompress(data, MAX_BYTES)
    return _checked(plain, is_over=engine.eof)


def _zstd(data: bytes) -> tuple[bytes, bool]:
    import zstandard

    with zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(data) as reader:
        plain = reader.read(MAX_BYTES + 1)
    if not plain and zstandard.frame_content_size(data) > 0:
        raise EOFError(tr("it ends too early"))
    return plain[:MAX_BYTES], len(plain) <= MAX_BYTES


def _checked(plain: bytes, *, is_over: bool) -> tuple[bytes, bool]:
    if not is_over and len(plain) < MAX_BYTES:
        raise EOFError(tr("it ends too early"))
    return plain, is_over


def _zstd_error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError


_UNPACKERS: Final[dict[str, Callable[[bytes], tuple[bytes, bool]]]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "bzip2": _bzip2,
    "xz": _xz,
}
