"""Takes a checked record to the server: files and long texts are uploaded first, fields are filled, and one or many are produced."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.core.json_check import JsonFault
from desktop.core.kafka_content import ContentDraft, Kind, check_content
from desktop.core.kafka_draft import MAX_VALUE_BYTES, Draft, bulk_of
from desktop.services.kafka import KafkaService
from desktop.views.kafka.produce.content_field import THREAD_CHARS
from desktop.views.widgets.file_row import measured
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import Content, ContentForm, ProduceOutcome, Record, Side

_UPLOADED = frozenset({Kind.TEXT, Kind.JSON, Kind.BASE64})
"""What becomes bytes here as it would in the server; the others are written by the server, from their text."""


class FileUnreadable(Exception):
    """The file is not there, or not for us; the text says what to try, in the user's language."""

    def __init__(self, side: Side, text: str) -> None:
        super().__init__(text)
        self.side = side


class TooLong(Exception):
    """More than can be sent; the text says what to try, in the user's language."""


@dataclass(frozen=True, slots=True)
class TextFault:
    """A long text that does not hold."""

    side: Side
    fault: JsonFault


class Sending:
    """One act of producing. *progress* is told of a side's file: bytes sent, and bytes in all."""

    def __init__(self, service: KafkaService, connection: str, progress: Callable[[Side, int, int], None]) -> None:
        self._service = service
        self._connection = connection
        self._progress = progress

    async def send(self, draft: Draft, record: Record, *, fills: bool) -> ProduceOutcome | Job | TextFault:
        """Answer where the record is, the job that produces many, or what is wrong with a long text."""
        long = [side for side in Side if _is_long(draft.side(side))]
        for side in long:
            if (fault := await asyncio.to_thread(check_content, draft.side(side), fill=draft.fill)) is not None:
                return TextFault(side, fault)
        if fills and not draft.repeat.on:
            record = await self._filled(record, keep=long)
        for side in Side:
            record = await self._with_bytes(record, draft.side(side), side, is_long=side in long)
        if draft.repeat.on:
            return await self._service.bulk(self._connection, bulk_of(draft, record, fills=fills))
        return await self._service.produce(self._connection, record)

    async def _filled(self, record: Record, keep: list[Side]) -> Record:
        """Fill the fields; a long side stays as it is, and does not travel for it."""
        slim = record
        for side in keep:
            slim = with_side(slim, side, Content())
        filled = await self._service.fill(slim)
        for side in keep:
            filled = with_side(filled, side, record.key if side is Side.KEY else record.value)
        return filled

    async def _with_bytes(self, record: Record, draft: ContentDraft, side: Side, *, is_long: bool) -> Record:
        if draft.kind is Kind.FILE:
            return with_side(record, side, await self._file(draft.file, side))
        content = record.key if side is Side.KEY else record.value
        if not is_long or draft.kind not in _UPLOADED or content is None:
            return record
        data = await asyncio.to_thread(_bytes_of, content)
        _refuse_too_long(len(data))
        uploaded = await self._service.upload(data)
        return with_side(record, side, Content(uploaded.id, ContentForm.UPLOAD))

    async def _file(self, path: str, side: Side) -> Content:
        try:
            file, length = await asyncio.to_thread(measured, path)
            _refuse_too_long(length)
            uploaded = await self._service.upload_file(file, lambda sent: self._progress(side, sent, length))
        except OSError as exc:
            words = tr("{reason}. Check the path, and that it may be read.", reason=exc.strerror or str(exc))
            raise FileUnreadable(side, words) from exc
        return Content(uploaded.id, ContentForm.UPLOAD)


def with_side(record: Record, side: Side, content: Content | None) -> Record:
    """Answer *record* with another key or value."""
    return replace(record, key=content) if side is Side.KEY else replace(record, value=content)


def _is_long(draft: ContentDraft) -> bool:
    return draft.kind not in {Kind.NULL, Kind.FILE, Kind.KEPT} and len(draft.text) > THREAD_CHARS


def _bytes_of(content: Content) -> bytes:
    return base64.b64decode(content.text) if content.form is ContentForm.BASE64 else content.text.encode()


def _refuse_too_long(length: int) -> None:
    if length > MAX_VALUE_BYTES:
        raise TooLong(tr("At most {limit}: send less, or send where the data is.", limit=size(MAX_VALUE_BYTES)))
