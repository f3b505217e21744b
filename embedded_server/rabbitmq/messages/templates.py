"""Publish templates: messages of RabbitMQ as they are kept in the file."""

from typing import Any

from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Message, Properties, PublishTemplate


def template_of(entry: dict[str, Any]) -> PublishTemplate:
    """Answer the template that stands in the file. Raises ValueError, KeyError or TypeError where it is none."""
    return PublishTemplate(str(entry["name"]), _message(entry["message"]))


def _message(value: dict[str, Any]) -> Message:
    return Message(
        vhost=str(value["vhost"]),
        exchange=str(value["exchange"]),
        routing_key=str(value["routing_key"]),
        body=str(value.get("body", "")),
        form=BodyForm(value.get("form", BodyForm.TEXT)),
        properties=Properties(**value.get("properties", {})),
        headers=[Header(str(one["name"]), FieldType(one["type"]), one.get("value")) for one in value.get("headers", [])],
        mandatory=bool(value.get("mandatory", True)),
    )
