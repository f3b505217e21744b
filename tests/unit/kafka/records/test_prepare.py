"""From what a user writes to the bytes that are produced, and back from a file."""

import base64
import errno
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.kafka import Compression, Content, ContentForm, Record, RecordHeader, RecordTemplate, Side
from embedded_server.core.filling_problems import UnknownField
from embedded_server.core.generate import Source
from embedded_server.core.templates import Templates
from embedded_server.kafka.clients.producer import MAX_RECORD_BYTES
from embedded_server.kafka.decoding.problems import ContentNotBase64, ContentNotText
from embedded_server.kafka.problems import RecordBeyondClient
from embedded_server.kafka.records.fill import RecordFiller, fill_once, record_from
from embedded_server.kafka.records.prepare import Prepared, Preparer
from embedded_server.kafka.records.problems import NothingUnacknowledged, RecordNumberTooLarge, TimestampInvalid
from embedded_server.kafka.records.service import _template
from embedded_server.kafka.records.unacknowledged import Unacknowledged


class Encoder:
    """Marks what it was asked to write."""

    def encode_blocking(self, topic: str, side: Side, content: Content) -> bytes:
        return f"{topic}/{side.value}/{content.form.value}/{content.text}".encode()


def prepared(record: Record, uploads: dict[str, bytes] | None = None) -> Prepared:
    return Preparer(Encoder(), uploads or {}).prepare_blocking(record)


def test_text_is_itself_an_upload_its_bytes_and_other_forms_are_encoded() -> None:
    made = prepared(Record("t", key=Content("k"), value=Content("id", ContentForm.UPLOAD)), {"id": b"\x00file"})
    assert (made.key, made.value) == (b"k", b"\x00file")
    made = prepared(Record("t", key=Content("7", ContentForm.INTEGER), value=Content("{}", ContentForm.AVRO)))
    assert (made.key, made.value) == (b"t/key/integer/7", b"t/value/avro/{}")
    assert (prepared(Record("t")).key, prepared(Record("t")).value) == (None, None)


def test_headers_are_text_bytes_or_null() -> None:
    headers = [RecordHeader("a", "ü"), RecordHeader("b", "AP8=", base64=True), RecordHeader("c", None), RecordHeader("d", "")]
    assert prepared(Record("t", headers=headers)).headers == [("a", "ü".encode()), ("b", b"\x00\xff"), ("c", None), ("d", b"")]


def test_what_cannot_be_sent_is_said() -> None:
    with pytest.raises(ContentNotBase64, match="header bad is not Base64"):
        prepared(Record("t", headers=[RecordHeader("bad", "%", base64=True)]))
    with pytest.raises(ContentNotText):
        prepared(Record("t", headers=[RecordHeader("h", "\ud800")]))
    with pytest.raises(TimestampInvalid):
        prepared(Record("t", timestamp=-5))
    with pytest.raises(RecordBeyondClient):
        prepared(Record("t", value=Content("id", ContentForm.UPLOAD)), {"id": bytes(MAX_RECORD_BYTES)})


def test_fields_are_filled_in_keys_values_and_headers_and_bytes_stay() -> None:
    record = Record(
        "t",
        key=Content("{{n}}"),
        value=Content("e3tufX0=", ContentForm.BASE64),
        headers=[RecordHeader("h{{n}}", "{{n}}"), RecordHeader("raw", "e3tufX0=", base64=True), RecordHeader("null", None)],
    )
    filler, source = RecordFiller(record), Source(1)
    assert not filler.is_constant
    for number in (1, 2):
        source.next()
        made = filler.fill(source)
        assert made.key == Content(str(number))
        assert made.value == record.value
        assert made.headers == [RecordHeader(f"h{number}", str(number)), *record.headers[1:]]
    assert RecordFiller(Record("t", value=Content("plain"))).is_constant
    with pytest.raises(UnknownField):
        fill_once(Record("t", value=Content("{{nothing_like_it}}")))


contents = st.none() | st.builds(Content, st.text(max_size=20), st.sampled_from(ContentForm), st.text(max_size=5))
made_records = st.builds(
    Record,
    st.text(max_size=10),
    st.none() | st.integers(0, 99),
    contents,
    contents,
    st.lists(st.builds(RecordHeader, st.text(max_size=5), st.none() | st.text(max_size=5), st.booleans()), max_size=3),
    st.none() | st.integers(0, 2**53),
    st.sampled_from(Compression),
)


@given(made_records)
def test_a_record_comes_out_of_a_file_as_it_went_in(record: Record) -> None:
    try:
        kept = orjson.dumps(asdict(record))
    except TypeError:  # half a character: the server refuses it before
        return
    assert record_from(orjson.loads(kept)) == record


async def test_templates_are_kept_by_name(tmp_path: Path) -> None:
    templates: Templates[RecordTemplate] = Templates(tmp_path / "t.json", _template, too_large=RecordNumberTooLarge)
    one = RecordTemplate("orders", Record("orders", key=Content("k"), headers=[RecordHeader("h", None)]))
    assert await templates.save(one) == [one]
    again: Templates[RecordTemplate] = Templates(tmp_path / "t.json", _template, too_large=RecordNumberTooLarge)
    assert await again.all() == [one]
    with pytest.raises(RecordNumberTooLarge):
        await again.save(RecordTemplate("huge", Record("orders", timestamp=2**70)))


kept_records = st.builds(
    Prepared,
    st.text(max_size=10),
    st.none() | st.integers(0, 99),
    st.none() | st.integers(0, 2**60),
    st.none() | st.binary(max_size=50),
    st.none() | st.binary(max_size=50),
    st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=3),
    st.integers(0, 10**6),
)


@given(st.lists(kept_records, min_size=1, max_size=20))
def test_what_was_not_acknowledged_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, records: list[Prepared]) -> None:
    kept = Unacknowledged(tmp_path_factory.mktemp("kept"))
    assert kept.keep_blocking("job", records) == len(records)
    reading = kept.records("job")
    found: list[Any] = []
    while batch := reading.take_blocking(7):
        found += batch
    assert found == records


async def test_no_more_is_kept_than_there_is_room_for_and_nothing_once_it_is_forgotten(tmp_path: Path) -> None:
    kept = Unacknowledged(tmp_path, max_records=3)
    one = Prepared("t", 0, None, None, base64.b64decode("AA=="), [], 1)
    assert [kept.keep_blocking("job", [one, one]), kept.keep_blocking("job", [one, one])] == [2, 1]
    await kept.forget("job")
    with pytest.raises(NothingUnacknowledged):
        kept.records("job")


def test_names_that_are_no_utf8_come_back_byte_for_byte(tmp_path: Path) -> None:
    """A copy hands on what was read; where its target is lost meanwhile, it is kept to be sent again."""
    kept = Unacknowledged(tmp_path)
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert kept.keep_blocking("job", [Prepared("t", 0, 1, b"k", None, [(name, b"x"), ("é", None)], 9)]) == 1
    (found,) = kept.records("job").take_blocking(9)
    assert [(one.encode(), value) for one, value in found.headers] == [(b"caf\xe9", b"x"), ("é".encode(), None)]


def test_the_file_is_let_go_with_its_last_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows removes no file that somebody has open."""
    opened: list[Any] = []
    really_open = Path.open

    def noted(path: Path, mode: str = "r") -> Any:
        opened.append(really_open(path, mode))
        return opened[-1]

    kept = Unacknowledged(tmp_path)
    kept.keep_blocking("job", [Prepared("t", 0, None, None, b"v", [], 1)] * 4)
    monkeypatch.setattr(Path, "open", noted)
    reading = kept.records("job")
    assert [len(reading.take_blocking(2)), opened[0].closed, len(reading.take_blocking(2)), opened[0].closed] == [2, False, 2, True]
    assert reading.take_blocking(2) == []


def test_a_disk_that_refuses_keeps_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def close(self) -> None:
            super().close()
            raise OSError(errno.ENOSPC, "no space left")

    kept = Unacknowledged(tmp_path)
    monkeypatch.setattr(Path, "open", lambda *_: Full())
    assert kept.keep_blocking("job", [Prepared("t", 0, None, None, b"v", [], 1)]) == 0
    with pytest.raises(NothingUnacknowledged):
        kept.records("job")
