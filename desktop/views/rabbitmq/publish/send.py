"""Takes a checked message to the server: a file or a long text is uploaded first, fields are filled, and one or many are published."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace

from desktop.core.i18n import tr
from desktop.core.json_check import JsonFault
from desktop.core.rabbitmq_draft import MAX_BODY_BYTES, BodyKind, Draft, bulk_of, check_text
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.publish.body_field import LIMIT, THREAD_CHARS
from desktop.views.widgets.file_row import measured
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import BodyForm, Message, PublishOutcome


class FileUnreadable(Exception):
    """The file is not there, or not for us; the text says what to try, in the user's language."""


class BodyTooLong(Exception):
    """More than a broker takes; the text says what to try, in the user's language."""


class Sending:
    """One act of publishing. *progress* is told bytes sent, and bytes in all."""

    def __init__(self, service: RabbitService, connection: str, progress: Callable[[int, int], None]) -> None:
        self._service = service
        self._connection = connection
        self._progress = progress

    async def send(self, draft: Draft, message: Message, *, fills: bool) -> PublishOutcome | Job | JsonFault:
        """Answer what the broker said, the job that publishes many, or what is wrong with a long text."""
        is_long = draft.kind is not BodyKind.FILE and len(draft.text) > THREAD_CHARS
        if is_long and (fault := await asyncio.to_thread(check_text, draft)) is not None:
            return fault
        if fills and not draft.repeat:
            message = await self._filled(message, keep_body=is_long)
        if draft.kind is BodyKind.FILE:
            message = await self._with_file(message, draft.file)
        elif is_long:
            message = await self._with_long_text(message)
        if draft.repeat:
            return await self._service.bulk(self._connection, bulk_of(draft, message, fills=fills))
        return await self._service.publish(self._connection, message)

    async def _filled(self, message: Message, *, keep_body: bool) -> Message:
        """Fill the fields; a long body stays as it is, and does not travel for it."""
        if not keep_body:
            return await self._service.fill(message)
        filled = await self._service.fill(replace(message, body="", form=BodyForm.TEXT))
        return replace(filled, body=message.body, form=message.form)

    async def _with_file(self, message: Message, path: str) -> Message:
        try:
            file, length = await asyncio.to_thread(measured, path)
            _refuse_too_long(length)
            uploaded = await self._service.upload_file(file, lambda sent: self._progress(sent, length))
        except OSError as exc:
            raise FileUnreadable(tr("{reason}. Check the path, and that it may be read.", reason=exc.strerror or str(exc))) from exc
        return replace(message, form=BodyForm.UPLOAD, body=uploaded.id)

    async def _with_long_text(self, message: Message) -> Message:
        data = await asyncio.to_thread(_bytes_of, message)
        _refuse_too_long(len(data))
        uploaded = await self._service.upload(data)
        return replace(message, form=BodyForm.UPLOAD, body=uploaded.id)


def _bytes_of(message: Message) -> bytes:
    return base64.b64decode(message.body) if message.form is BodyForm.BASE64 else message.body.encode()


def _refuse_too_long(length: int) -> None:
    if length > MAX_BODY_BYTES:
        raise BodyTooLong(tr("RabbitMQ takes at most {limit}: send less, or send where the data is.", limit=LIMIT))
