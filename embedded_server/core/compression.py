"""The four ways Kafka's records are compressed, undone with a limit, and done again where a topic asks for one of them."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

Buffer = bytes | bytearray | memoryview

MAX_BYTES: Final = 128 << 20
"""More than any batch unpacks to: a client could not send as much uncompressed. What claims more means harm."""
_PIECE_BYTES: Final = 1 << 20
_GZIP_BITS: Final = 31
_XERIAL: Final = b"\x82SNAPPY\0"
"""Begins what the JVM's snappy library writes: blocks, each with its length, behind a head of sixteen bytes."""
_XERIAL_HEAD_BYTES: Final = 16
_SNAPPY_LENGTH_BYTES: Final = 5
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
        return _joined(unpack(content))
    except CannotUnpack:
        raise
    except Exception as exc:  # each library has its own errors, and none is ours
        raise CannotUnpack(str(exc)) from exc


def compressed(codec: int, content: bytes) -> bytes:
    """Do *codec*."""
    return content if codec == 0 else _PACK[codec](content)


def _joined(pieces: Iterator[bytes]) -> bytes:
    """All of it, unless it is too much."""
    found: list[bytes] = []
    left = MAX_BYTES
    for piece in pieces:
        left -= len(piece)
        _check_room(left)
        found.append(piece)
    return found[0] if len(found) == 1 else b"".join(found)


def _check_room(left: int) -> None:
    if left < 0:
        raise CannotUnpack(f"It unpacks to more than {MAX_BYTES} bytes")


def _gunzip(content: Buffer) -> Iterator[bytes]:
    while content:  # a stream may be several, one behind the other
        unpacking = zlib.decompressobj(_GZIP_BITS)
        while not unpacking.eof:
            piece = unpacking.decompress(content, _PIECE_BYTES)
            if not piece and not unpacking.eof:
                raise CannotUnpack("The gzip stream ends too early")
            yield piece
            content = unpacking.unconsumed_tail
        content = unpacking.unused_data


def _gzip(content: bytes) -> bytes:
    packing = zlib.compressobj(wbits=_GZIP_BITS)
    return packing.compress(content) + packing.flush()


def _unsnappy(content: Buffer) -> Iterator[bytes]:
    # not kafka-python's: it copies the rest for each block, knows no limit, and never ends where a length is negative
    view = memoryview(content)
    if bytes(view[: len(_XERIAL)]) != _XERIAL:
        yield _snappy_block(view, MAX_BYTES)
        return
    at, left = _XERIAL_HEAD_BYTES, MAX_BYTES
    while at < len(view):
        (size,) = _LENGTH.unpack_from(view, at)
        at += _LENGTH.size
        if not 0 < size <= len(view) - at:
            raise CannotUnpack(f"A block of {size} bytes, and {len(view) - at} are left")
        block = _snappy_block(view[at : at + size], left)
        left -= len(block)
        at += size
        yield block


def _snappy_block(block: memoryview, left: int) -> bytes:
    """A block says first to how much it unpacks."""
    import snappy

    size = 0
    for at in range(_SNAPPY_LENGTH_BYTES):  # not to the end of the block, where one that never ends makes a number without end
        size |= (block[at] & 0x7F) << 7 * at
        if block[at] < 0x80:
            break
    else:
        raise CannotUnpack("The length of the snappy block does not end")
    _check_room(left - size)
    return bytes(snappy.decompress(bytes(block)))


def _snappy(content: bytes) -> bytes:
    from kafka.codec import snappy_encode

    return bytes(snappy_encode(content))


def _unlz4(content: Buffer) -> Iterator[bytes]:
    import lz4.frame

    content = bytes(content)
    size = min(_PIECE_BYTES, 8 * len(content))  # which is set aside before anything is unpacked
    while content:  # a stream may be several, one behind the other
        unpacking = lz4.frame.LZ4FrameDecompressor()
        while not unpacking.eof:
            piece = unpacking.decompress(content, max_length=size)
            if not piece and not unpacking.eof:
                raise CannotUnpack("The lz4 frame ends too early")
            yield piece
            content = b""
        content = unpacking.unused_data or b""


def _lz4(content: bytes) -> bytes:
    import lz4.frame

    return bytes(lz4.frame.compress(content, block_linked=False))


def _unzstd(content: Buffer) -> Iterator[bytes]:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True) as reader:
        while piece := reader.read(_PIECE_BYTES):
            yield piece


def _zstd(content: bytes) -> bytes:
    import zstandard

    return bytes(zstandard.ZstdCompressor().compress(content))


_UNPACK: Final[dict[int, Callable[[Buffer], Iterator[bytes]]]] = {1: _gunzip, 2: _unsnappy, 3: _unlz4, 4: _unzstd}
_PACK: Final[dict[int, Callable[[bytes], bytes]]] = {1: _gzip, 2: _snappy, 3: _lz4, 4: _zstd}
