"""Compressed bodies: unpacked whatever they are called, up to a limit, and never with an exception."""

import bz2
import gzip
import lzma
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from desktop.core import rabbitmq_unpack
from desktop.core.rabbitmq_unpack import Unpacked, unpack

TEXT = b'{"order_id": 42}' * 50
BARE = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_named_form_is_unpacked(name: str) -> None:
    unpacked = unpack(PACKED[name], name)
    assert (unpacked.data, unpacked.is_whole) == (TEXT, True)
    assert "became 800 B" in unpacked.note


@pytest.mark.parametrize("name", ["gzip", "zstd", "bzip2", "xz"])
def test_without_a_name_the_first_bytes_tell(name: str) -> None:
    assert unpack(PACKED[name], None, "utf-8").data == TEXT


def test_the_bare_stream_is_deflate_too() -> None:
    assert unpack(BARE.compress(TEXT) + BARE.flush(), "deflate").data == TEXT


def test_zstd_without_a_size_in_its_frame_is_unpacked() -> None:
    engine = zstandard.ZstdCompressor().compressobj()
    assert unpack(engine.compress(TEXT) + engine.flush(), "zstd").data == TEXT


def test_a_body_that_is_not_what_it_is_called_stays_as_it_is_and_says_so() -> None:
    unpacked = unpack(b"plain text", "gzip")
    assert unpacked.data == b"plain text"
    assert unpacked.note.startswith("Not unpacked: it is said to be gzip")


def test_bytes_that_only_look_packed_are_left_alone() -> None:
    assert unpack(b"BZh\x00 is how this text begins") == Unpacked(b"BZh\x00 is how this text begins")
    assert unpack(b"text", "utf-8") == Unpacked(b"text")
    assert unpack(b"", "gzip") == Unpacked(b"")


@pytest.mark.parametrize("name", ["gzip", "zstd", "bzip2", "xz", "deflate"])
def test_a_bomb_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(rabbitmq_unpack, "MAX_BYTES", 100)
    unpacked = unpack(PACKED[name], name)
    assert (len(unpacked.data), unpacked.is_whole) == (100, False)
    assert "only the first 100 B" in unpacked.note


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "deflate"])
def test_a_body_cut_short_is_said_to_be(name: str) -> None:
    unpacked = unpack(PACKED[name][:-9], name)
    assert unpacked.data == PACKED[name][:-9]
    assert unpacked.note.startswith("Not unpacked")


@given(st.sampled_from([*PACKED, "none"]), st.binary(max_size=200), st.binary(max_size=4))
def test_no_bytes_raise(name: str, data: bytes, start: bytes) -> None:
    for magic in (b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\x00", start):
        assert isinstance(unpack(magic + data, name).data, bytes)
