"""What messages leave on disk: uploads, unconfirmed messages, templates."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Message, Properties, PublishTemplate
from embedded_server.core.filling_problems import TemplateInvalid, TemplateNotFound, UploadGone, UploadsFull
from embedded_server.core.templates import Templates
from embedded_server.core.uploads import Uploads
from embedded_server.rabbitmq.messages.prepare import Prepared, prepare
from embedded_server.rabbitmq.messages.problems import BodyNotBase64, NothingToResend, NumberTooLarge, UploadTooLarge
from embedded_server.rabbitmq.messages.service import MAX_UPLOAD_BYTES
from embedded_server.rabbitmq.messages.templates import template_of
from embedded_server.rabbitmq.messages.unconfirmed import Unconfirmed
from tests.helpers.server import until


def uploads_in(folder: Path, *, max_bytes: int = MAX_UPLOAD_BYTES, **limits: float) -> Uploads:
    return Uploads(folder, max_bytes=max_bytes, too_large=UploadTooLarge, **limits)  # type: ignore[arg-type]  # whole numbers where they are bytes


def templates_in(path: Path) -> Templates[PublishTemplate]:
    return Templates(path, template_of, too_large=NumberTooLarge)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_an_upload_is_read_whole_from_a_file_of_the_owners_own(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path / "uploads")
    kept = await uploads.keep(chunks(b"ab", b"", b"c"))
    assert kept.size == 3
    assert await uploads.read(kept.id) == b"abc"
    assert stat.S_IMODE((tmp_path / "uploads" / kept.id).stat().st_mode) == 0o600
    await uploads.stop()
    with pytest.raises(UploadGone):
        await uploads.read(kept.id)
    assert not (tmp_path / "uploads").exists()


async def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path / "uploads", max_bytes=3)
    with pytest.raises(UploadTooLarge):
        await uploads.keep(chunks(b"ab", b"cd"))
    with pytest.raises(UploadTooLarge):
        await uploads.keep(chunks(b"a"), announced=4)
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_the_oldest_upload_makes_room_and_one_alone_may_not_be_more(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path / "uploads", max_bytes=8, max_bytes_in_all=5)
    first, second = await uploads.keep(chunks(b"aaa")), await uploads.keep(chunks(b"bbb"))
    with pytest.raises(UploadGone):
        await uploads.read(first.id)
    assert await uploads.read(second.id) == b"bbb"
    with pytest.raises(UploadsFull):
        await uploads.keep(chunks(b"c" * 6))


async def test_an_upload_goes_after_its_time(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path / "uploads", kept_s=0.01)
    kept = await uploads.keep(chunks(b"a"))

    async def gone() -> bool:
        return not (tmp_path / "uploads" / kept.id).exists()

    await until(gone)
    with pytest.raises(UploadGone):
        await uploads.read(kept.id)


async def test_a_name_that_leads_elsewhere_is_no_upload(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with pytest.raises(UploadGone):
        await uploads_in(tmp_path / "uploads").read("../secret")


async def test_a_body_that_is_no_base64_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BodyNotBase64):
        await prepare(Message("/", "", "q", "%%", form=BodyForm.BASE64), uploads_in(tmp_path))


async def test_unconfirmed_messages_come_back_byte_for_byte(tmp_path: Path) -> None:
    unconfirmed = Unconfirmed(tmp_path / "unconfirmed")
    messages = [Prepared("x", f"k{number}\udcff", number % 2 == 0, b"\x00\x00", bytes([number]) * number) for number in range(50)]
    assert await unconfirmed.keep("job", messages[:30]) == 30
    assert await unconfirmed.keep("job", messages[30:]) == 20
    batches = unconfirmed.batches("job")
    found: list[Prepared] = []
    while batch := await batches.take(7):
        found += batch
    assert found == messages
    await unconfirmed.forget("job")
    with pytest.raises(NothingToResend):
        unconfirmed.batches("job")


async def test_more_unconfirmed_than_there_is_room_for_are_not_kept(tmp_path: Path) -> None:
    message = Prepared("x", "k", True, b"\x00\x00", b"x" * 100)
    assert await Unconfirmed(tmp_path / "a", max_messages=3).keep("job", [message] * 5) == 3
    assert await Unconfirmed(tmp_path / "b", max_bytes=250).keep("job", [message] * 5) == 2


TEMPLATE = PublishTemplate(
    "order paid",
    Message("/", "shop", "order.paid", "{}", properties=Properties(delivery_mode=2), headers=[Header("n", FieldType.INTEGER, 2**60)]),
)


async def test_templates_outlive_the_server(tmp_path: Path) -> None:
    path = tmp_path / "templates.json"
    assert await templates_in(path).save(TEMPLATE) == [TEMPLATE]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = templates_in(path)
    assert await again.all() == [TEMPLATE]
    changed = PublishTemplate(TEMPLATE.name, Message("/", "", "q"))
    other = PublishTemplate("Another", TEMPLATE.message)
    await again.save(other)
    assert await again.save(changed) == [other, changed]
    assert await again.remove("Another") == [changed]
    with pytest.raises(TemplateNotFound):
        await again.remove("Another")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "two\nlines"])
async def test_a_template_needs_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateInvalid):
        await templates_in(tmp_path / "t.json").save(PublishTemplate(name, TEMPLATE.message))


async def test_a_damaged_file_of_templates_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "templates.json"
    await asyncio.to_thread(path.write_text, '{"templates": [{"name": 5}]}')
    templates = templates_in(path)
    assert await templates.all() == []
    assert templates.set_aside
