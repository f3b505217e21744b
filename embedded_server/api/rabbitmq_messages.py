"""RabbitMQ over HTTP: messages published, tapped, consumed, got and read."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from embedded_server.api.dependencies import ConnectionId, ServicesDep
from embedded_server.api.upload import BYTES, kept_upload
from embedded_server.contracts.filling import GeneratedField, TemplateName, Uploaded
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import (
    BulkPublish,
    ConsumeRequest,
    GetRequest,
    Got,
    Message,
    PublishOutcome,
    PublishTemplate,
    StreamRead,
    TapRequest,
)
from embedded_server.rabbitmq.messages.service import Messages

router = APIRouter(prefix="/rabbitmq", tags=["rabbitmq"])

BODIES_PATH: Final = "/rabbitmq/bodies"
"""Where files come in: written to disk as they come, and up to what RabbitMQ takes."""


def _messages(services: ServicesDep) -> Messages:
    return services.rabbitmq.messages


MessagesDep = Annotated[Messages, Depends(_messages)]


# -- for the publish form; before the routes of a connection, whose id could be any of these words


@router.post("/bodies", status_code=201, summary="Upload a body", openapi_extra=BYTES)
async def upload_body(messages: MessagesDep, request: Request) -> Uploaded:
    """Keep the bytes sent here for an hour, to be published by their id."""
    return await kept_upload(messages.uploads, request)


@router.get("/generated-fields", summary="List generated fields")
async def list_generated_fields(messages: MessagesDep) -> list[GeneratedField]:
    """List the fields that a bulk publish fills, each with an example."""
    return await messages.generated_fields()


@router.post("/fill", summary="Fill a message once")
async def fill_message(messages: MessagesDep, message: Message) -> Message:
    """Answer the message as the first one of a bulk would be."""
    return await messages.fill(message)


@router.get("/templates", summary="List publish templates")
async def list_templates(messages: MessagesDep) -> list[PublishTemplate]:
    """List the messages that are kept under names."""
    return await messages.templates.all()


@router.put("/templates", summary="Keep a publish template")
async def save_template(messages: MessagesDep, template: PublishTemplate) -> list[PublishTemplate]:
    """Keep a message under a name, instead of an older one of that name; answers all of them."""
    return await messages.templates.save(template)


@router.post("/templates/remove", summary="Remove a publish template")
async def remove_template(messages: MessagesDep, template: TemplateName) -> list[PublishTemplate]:
    """Forget a template; answers those that are left."""
    return await messages.templates.remove(template.name)


# -- messages


@router.post("/{connection}/publish", summary="Publish a message")
async def publish_message(messages: MessagesDep, connection: ConnectionId, message: Message) -> PublishOutcome:
    """Publish one message and answer what the broker said: confirmed, refused or returned; unconfirmed where it could not say."""
    return await messages.publish(connection, message)


@router.post("/{connection}/bulk", status_code=202, summary="Publish many messages")
async def bulk(messages: MessagesDep, connection: ConnectionId, request: BulkPublish) -> Job:
    """Begin to publish a message many times, or another job's unconfirmed messages again."""
    return await messages.bulk(connection, request)


@router.post("/{connection}/tap", status_code=202, summary="Tap an exchange, a queue or the firehose")
async def tap(messages: MessagesDep, connection: ConnectionId, request: TapRequest) -> Job:
    """Begin to copy what passes. Nothing is taken from anybody."""
    return await messages.tap(connection, request)


@router.post("/{connection}/consume", status_code=202, summary="Consume a queue")
async def consume(messages: MessagesDep, connection: ConnectionId, request: ConsumeRequest) -> Job:
    """Begin to take messages for good; each is acknowledged once it is in the journal."""
    return await messages.consume(connection, request)


@router.post("/{connection}/get", summary="Read messages from a queue's head")
async def get_messages(messages: MessagesDep, connection: ConnectionId, request: GetRequest) -> Got:
    """Read some messages into the journal, and put them back, remove them or reject them."""
    return await messages.get(connection, request)


@router.post("/{connection}/stream-read", status_code=202, summary="Read a stream")
async def read_stream_queue(messages: MessagesDep, connection: ConnectionId, request: StreamRead) -> Job:
    """Begin to read a stream from an offset or a time on. Nothing is removed."""
    return await messages.read_stream(connection, request)
