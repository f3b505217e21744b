"""Whether a batch may enter a partition, and what the broker changes in it: offsets, epoch, the time it came, its compression.

Source: Kafka's LogValidator. What is sent is kept byte for byte, but for the first sixteen bytes, unless the topic asks for more.
"""

from collections.abc import Sequence
from typing import NamedTuple

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.batch import (
    APPEND_TIME,
    CODEC_MASK,
    HEADER_BYTES,
    MAGIC_AT,
    NO_TIMESTAMP,
    PREFIX,
    Header,
    Placed,
    has_producer,
    header_at,
    sealed,
)
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.records import BadRecords, records_of
from embedded_server.brokers.kafka.log.settings import FOREVER, LogSettings
from embedded_server.core.compression import CannotUnpack, compressed, decompressed


class Stamped(NamedTuple):
    """Batches ready to be written."""

    parts: list[bytes | memoryview]
    headers: list[Header]
    size: int
    """Bytes of all of them."""


def check(view: memoryview, batches: Sequence[Placed], settings: LogSettings, now_ms: int) -> None:
    """Raise ``LogFault`` where the topic does not take one of *batches*."""
    for position, header in batches:
        _check_shape(header)
        if header.size > settings.max_message_bytes:
            raise LogFault(
                ErrorCode.MESSAGE_TOO_LARGE, f"The batch has {header.size} bytes, and the topic takes {settings.max_message_bytes} at most"
            )
        if not settings.append_time:
            _check_time(view[position : position + header.size], header, settings, now_ms)
        if settings.compacts:
            _check_keys(view[position : position + header.size])
    if len(view) > settings.segment_bytes:
        raise LogFault(ErrorCode.RECORD_LIST_TOO_LARGE, f"{len(view)} bytes are more than a segment of {settings.segment_bytes} takes")


def _check_shape(header: Header) -> None:
    if header.records <= 0 or header.last_offset_delta + 1 != header.records:
        raise LogFault(
            ErrorCode.INVALID_RECORD, f"A batch tells {header.records} records and a last offset delta of {header.last_offset_delta}"
        )
    if header.is_control:
        raise LogFault(ErrorCode.INVALID_RECORD, "Clients may not write control records")
    if has_producer(header) and header.producer_epoch < 0:
        raise LogFault(ErrorCode.INVALID_RECORD, f"Producer {header.producer_id} tells no epoch")


def _check_time(batch: memoryview, header: Header, settings: LogSettings, now_ms: int) -> None:
    newest = header.max_timestamp
    if newest == NO_TIMESTAMP:
        return
    oldest = min(header.base_timestamp, newest)
    if settings.timestamp_before_max_ms < FOREVER:  # the header tells the first and the newest alone
        oldest = min(oldest, _oldest(batch, header))
    if newest - now_ms > settings.timestamp_after_max_ms or now_ms - oldest > settings.timestamp_before_max_ms:
        raise LogFault(ErrorCode.INVALID_TIMESTAMP, f"Timestamps from {oldest} to {newest} are too far from the broker's time, {now_ms}")


def _oldest(batch: memoryview, header: Header) -> int:
    try:
        return header.base_timestamp + min(record.timestamp_delta for record in records_of(batch))
    except BadRecords as exc:
        raise LogFault(ErrorCode.INVALID_RECORD, str(exc)) from exc


def _check_keys(batch: memoryview) -> None:
    try:
        for record in records_of(batch):
            if record.key is None:
                raise LogFault(ErrorCode.INVALID_RECORD, "Compacted topics take no record without a key")
    except BadRecords as exc:
        raise LogFault(ErrorCode.INVALID_RECORD, str(exc)) from exc


def stamp(view: memoryview, batches: Sequence[Placed], settings: LogSettings, offset: int, epoch: int, now_ms: int) -> Stamped:
    """Give *batches* their offsets from *offset* on, and whatever else the topic asks for. Raises ``LogFault``."""
    parts: list[bytes | memoryview] = []
    headers = []
    size = 0
    for position, sent in batches:
        batch = view[position : position + sent.size]
        header = Header._make((offset, sent.length, epoch, *sent[3:]))
        if settings.codec is not None and settings.codec != sent.codec:
            batch = memoryview(_recompressed(batch, sent, settings.codec))
            header = header_at(batch)._replace(base_offset=offset, leader_epoch=epoch)
        by_broker = settings.append_time or header.attributes & APPEND_TIME
        if by_broker or header.max_timestamp < header.base_timestamp:
            header = _timed(header, now_ms if settings.append_time else None) if by_broker else _newest_told(batch, header)
            batch = memoryview(sealed(header, batch[HEADER_BYTES:]))
            header = header_at(batch)
            parts.append(batch)
        else:
            parts += (PREFIX.pack(offset, header.length, epoch), batch[MAGIC_AT:])
        headers.append(header)
        size += header.size
        offset = header.next_offset
    return Stamped(parts, headers, size)


def _timed(header: Header, now_ms: int | None) -> Header:
    """Say that its timestamps are the broker's (KIP-32), or that they are the producer's after all."""
    if now_ms is None:
        return header._replace(attributes=header.attributes & ~APPEND_TIME)
    return header._replace(attributes=header.attributes | APPEND_TIME, max_timestamp=now_ms)


def _newest_told(batch: memoryview, header: Header) -> Header:
    """Tell the newest time of its records: some clients, as kafkajs, tell the last one's."""
    try:
        newest = max(record.timestamp_delta for record in records_of(batch))
    except BadRecords as exc:
        raise LogFault(ErrorCode.INVALID_RECORD, str(exc)) from exc
    return header._replace(max_timestamp=header.base_timestamp + newest)


def _recompressed(batch: memoryview, header: Header, codec: int) -> bytes:
    try:
        content = bytes(decompressed(header.codec, batch[HEADER_BYTES:]))
    except CannotUnpack as exc:
        raise LogFault(ErrorCode.INVALID_RECORD, str(exc)) from exc
    return sealed(header._replace(attributes=header.attributes & ~CODEC_MASK | codec), compressed(codec, content))
