"""A refusal of what was typed names the side that it is about."""

import pytest

from embedded_server.contracts.kafka import Content, ContentForm, Record, Side
from embedded_server.kafka.decoding.problems import NotWritable
from embedded_server.kafka.records.prepare import Preparer


class RefusesTheValue:
    """An encoder whose schema takes no value."""

    def encode_blocking(self, topic: str, side: Side, content: Content) -> bytes:
        if side is Side.VALUE:
            raise NotWritable(path="$.id", reason="no int", schema="Order")
        return content.text.encode()


def test_what_a_schema_refuses_is_told_with_its_side() -> None:
    record = Record("orders", key=Content("{}", ContentForm.AVRO), value=Content("{}", ContentForm.AVRO))
    with pytest.raises(NotWritable) as refused:
        Preparer(RefusesTheValue(), {}).prepare_blocking(record)
    assert refused.value.problem().params["side"] == "value"
