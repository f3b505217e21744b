"""Generated fields: filled anew each time, the same for the same seed, and clear about what is not known."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Message, Properties
from embedded_server.core.filling_problems import FieldArguments, UnknownField, UnknownLocale
from embedded_server.core.generate import Source, Template, generated_fields
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.messages.fill import MessageFiller, fill_once


def filled(text: str, seed: int | None = 1, times: int = 1) -> list[str]:
    template, source = Template(text), Source(seed)
    found = []
    for _ in range(times):
        source.next()
        found.append(template.fill(source))
    return found


def test_each_message_has_its_number() -> None:
    assert filled("{{n}}/{{n:100}}", times=3) == ["1/100", "2/101", "3/102"]


def test_the_same_seed_fills_the_same_and_another_one_something_else() -> None:
    text = "{{uuid}} {{int:1:1000000}} {{name}} {{email}} {{hex:8}} {{choice:a:b:c}}"
    assert filled(text, 7, 5) == filled(text, 7, 5)
    assert filled(text, 7) != filled(text, 8)
    assert filled(text, None) != filled(text, None)


def test_values_keep_within_what_was_asked() -> None:
    for _ in range(50):
        [text] = filled("{{int:-3:3}}|{{float:1:2:3}}|{{bool}}|{{uuid}}|{{hex:5}}", seed=None)
        whole, fraction, truth, uuid, digits = text.split("|")
        assert -3 <= int(whole) <= 3
        assert 1 <= float(fraction) <= 2
        assert truth in {"true", "false"}
        assert UUID(uuid).version == 4
        assert len(digits) == 5


def test_a_locale_may_stand_behind_the_name() -> None:
    assert any("一" <= char <= "鿿" for char in filled("{{name@zh_TW}}")[0])
    with pytest.raises(UnknownLocale, match="xx_YY"):
        Template("{{name@xx_YY}}")


def test_four_braces_stand_for_two_and_an_unclosed_field_is_text() -> None:
    assert filled('{{{{name}} {"a": {"b": 1}} {{') == ['{{name}} {"a": {"b": 1}} {{']
    assert Template("{{{{name}}").is_constant


@pytest.mark.parametrize(("written", "near"), [("{{emial}}", "email"), ("{{guid}}", "uuid"), ("{{UUID}}", "uuid"), ("{{zzzzz}}", "uuid")])
def test_an_unknown_field_is_named_with_what_comes_near(written: str, near: str) -> None:
    with pytest.raises(UnknownField) as told:
        Template(written)
    assert near in told.value.problem().hint
    assert "{{{{" in told.value.problem().hint


@pytest.mark.parametrize("written", ["{{int:5}}", "{{int:9:1}}", "{{int:a:b}}", "{{uuid:1}}", "{{hex:0}}", "{{choice}}", "{{name:3}}"])
def test_wrong_arguments_show_how_it_is_written(written: str) -> None:
    with pytest.raises(FieldArguments, match="is written like this"):
        Template(written)


@given(st.text(alphabet="{}:@ n", max_size=30))
def test_no_text_is_a_crash(text: str) -> None:
    try:
        filled(text)
    except (UnknownField, FieldArguments, UnknownLocale):
        return


def test_every_field_offered_can_be_filled() -> None:
    offered = generated_fields()
    assert len({field.name for field in offered}) == len(offered) > 40
    assert all(field.example for field in offered)
    for field in offered:
        assert filled(f"{{{{{field.name}}}}}")[0]


def test_a_message_is_filled_everywhere_and_its_numbers_stay_numbers() -> None:
    message = Message(
        "/",
        "shop",
        "order.{{n}}",
        '{"id": "{{uuid}}", "n": {{n}}}',
        properties=Properties(message_id="m-{{n}}", priority=3),
        headers=[
            Header("n", FieldType.INTEGER, "{{n}}"),
            Header("in", FieldType.TABLE, [{"name": "who", "type": "string", "value": "{{name}}"}]),
            Header("plain", FieldType.INTEGER, 5),
        ],
    )
    made = fill_once(message, seed=3)
    assert (made.routing_key, made.properties.message_id, made.properties.priority) == ("order.1", "m-1", 3)
    assert json.loads(made.body)["n"] == 1
    table = table_of(made.headers)
    assert (table["n"], table["plain"]) == (1, 5)
    assert "{{" not in table["in"]["who"]


def test_a_binary_body_is_left_as_it_is() -> None:
    message = Message("/", "", "q", "e3tue319", form=BodyForm.BASE64)
    assert MessageFiller(message).is_constant
    assert fill_once(message) == message
