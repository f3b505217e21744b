"""The four ways records are compressed, undone with a limit, and done again where a topic asks for one of them."""

import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

from embedded_server.brokers.kafka.log.batch import Buffer

MAX_BYTES: Final = 256 << 20
"""More than any batch unpacks to; what claims more means harm."""
_GZIP_BITS: Final = 31
_XERIAL: Final = b"\x82SNAPPY\0"
"""So begins what the Java client writes: blocks, each behind its length."""
_XERIAL_HEAD_BYTES: Final = 16
_LENGTH: Final = struct.Struct(">i")


class CannotUnpack(ValueError):
    """These bytes are not what their codec says, or would unpack to more than `MAX_BYTES`."""


def decompressed(codec: int, content: Buffer) -> Buffer:
    """Undo *codec*, a batch's number of it. Raises ``CannotUnpack``."""
    if codec == 0:
        return content
    try:
        unpack = _UNPACK[codec]
    except KeyError:
        raise CannotUnpack(f"There is no compression {codec}") from None
    try:
        return unpack(content)
    except CannotUnpack:
        raise
    except Exception as exc:  # each library has its own errors, and none is ours
        raise CannotUnpack(str(exc)) from exc


def compressed(codec: int, content: bytes) -> bytes:
    """Do *codec*."""
    return content if codec == 0 else _PACK[codec](content)


def _gunzip(content: Buffer) -> bytes:
    unpacking = zlib.decompressobj(_GZIP_BITS)
    found = unpacking.decompress(content, MAX_BYTES)
    if not unpacking.eof:
        raise CannotUnpack("The gzip stream ends too early or is too long")
    return found


def _gzip(content: bytes) -> bytes:
    packing = zlib.compressobj(wbits=_GZIP_BITS)
    return packing.compress(content) + packing.flush()


def _unsnappy(content: Buffer) -> bytes:
    # not kafka-python's: it copies the rest for each block, knows no limit, and never ends where a length is negative
    import snappy

    data = bytes(content)
    if not data.startswith(_XERIAL):
        return bytes(snappy.decompress(data))
    found: list[bytes] = []
    at, size = _XERIAL_HEAD_BYTES, 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if not 0 < length <= len(data) - at:
            raise CannotUnpack(f"A block of {length} bytes, and {len(data) - at} are left")
        found.append(snappy.decompress(data[at : at + length]))
        at += length
        size += len(found[-1])
        if size >= MAX_BYTES:
            raise CannotUnpack("Too long")
    return b"".join(found)


def _snappy(content: bytes) -> bytes:
    from kafka.codec import snappy_encode

    return bytes(snappy_encode(content))


def _stream(reader: Any) -> bytes:
    found = bytes(reader.read(MAX_BYTES))
    if len(found) == MAX_BYTES:
        raise CannotUnpack("Too long")
    return found


def _unlz4(content: Buffer) -> bytes:
    import io

    import lz4.frame

    with lz4.frame.open(io.BytesIO(content), "rb") as reader:
        return _stream(reader)


def _lz4(content: bytes) -> bytes:
    import lz4.frame

    return bytes(lz4.frame.compress(content, block_linked=False))


def _unzstd(content: Buffer) -> bytes:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True) as reader:
        return _stream(reader)


def _zstd(content: bytes) -> bytes:
    import zstandard

    return bytes(zstandard.ZstdCompressor().compress(content))


_UNPACK: Final[dict[int, Callable[[Buffer], bytes]]] = {1: _gunzip, 2: _unsnappy, 3: _unlz4, 4: _unzstd}
_PACK: Final[dict[int, Callable[[bytes], bytes]]] = {1: _gzip, 2: _snappy, 3: _lz4, 4: _zstd}
