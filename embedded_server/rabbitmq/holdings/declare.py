"""Declares exchanges and queues, binds and unbinds them: over AMQP, so that it works without the management API."""

import re
from dataclasses import asdict
from typing import Final

from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.rabbitmq import BindingRequest, Declared, DeclareExchange, DeclareQueue
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.control import OpenChannel
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.holdings.acts import Acts, NameMissing, check_names
from embedded_server.rabbitmq.holdings.known import KnownNames
from embedded_server.rabbitmq.management.client import path_of
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.management.problems import ManagementMissing, NotOnBroker
from embedded_server.rabbitmq.problems import BrokerClosed, Inequivalent

COMMAND_INVALID: Final = 503
_INEQUIVALENT: Final = re.compile(
    r"inequivalent arg '(?P<argument>[^']*)' for (?P<kind>queue|exchange) '(?P<name>.*)' in vhost '.*': "
    r"received (?P<received>.*) but current is (?P<current>.*)"
)


class ExchangeTypeUnknown(UserFacingError):
    """RabbitMQ ends the whole connection upon it."""

    status = 422
    title = N_("The broker knows no exchange type “{type}”")
    hint = N_("Every broker has direct, fanout, topic and headers; others come with plug-ins that have to be enabled there.")


class DeclaredDifferently(UserFacingError):
    """It exists already, with another value of an argument. RabbitMQ's words are the detail."""

    status = 409
    title = N_("“{name}” exists already, with another “{argument}”")
    hint = N_("You asked for {received}, and it has {current}. Declare it with that, choose another name, or delete it first.")


def inequivalent(exc: Inequivalent) -> UserFacingError:
    """Answer which argument differs, where RabbitMQ's words tell."""
    found = _INEQUIVALENT.search(exc.reply_text)
    if found is None:
        return exc
    words = {name: found[name] for name in ("name", "argument", "received", "current")}
    return DeclaredDifferently(detail=exc.detail, **words)


class Declarer:
    """Makes what is not there, and joins it."""

    def __init__(self, acts: Acts, pool: ManagementPool, open_channel: OpenChannel, known: KnownNames) -> None:
        self._acts = acts
        self._pool = pool
        self._open_channel = open_channel
        self._known = known

    async def declare_exchange(self, connection: str, request: DeclareExchange) -> Declared:
        """Declare an exchange. Raises `DeclaredDifferently`, and what else the broker does not like."""
        profile = await self._acts.begin(connection)
        if not request.name:
            raise NameMissing
        check_names(request.name, request.type)
        arguments = table_of(request.arguments)
        async with await self._open_channel(connection, request.vhost) as channel:
            try:
                await channel.declare_exchange(
                    request.name,
                    request.type,
                    durable=request.durable,
                    auto_delete=request.auto_delete,
                    internal=request.internal,
                    arguments=arguments,
                )
            except Inequivalent as exc:
                raise inequivalent(exc) from exc
            except BrokerClosed as exc:
                if exc.params.get("code") == COMMAND_INVALID:
                    raise ExchangeTypeUnknown(type=request.type, detail=str(exc)) from exc
                raise
        self._known.note_exchange(connection, request.vhost, request.name, request.type)
        self._acts.done(profile, request.vhost, "exchange", request.name, "declared", asdict(request))
        return Declared(request.name)

    async def declare_queue(self, connection: str, request: DeclareQueue) -> Declared:
        """Declare a queue; without a name the broker chooses one, which is answered. Raises `DeclaredDifferently` and its like."""
        profile = await self._acts.begin(connection)
        check_names(request.name)
        arguments = table_of(request.arguments)
        async with await self._open_channel(connection, request.vhost) as channel:
            try:
                declared = await channel.declare_queue(
                    request.name, durable=request.durable, auto_delete=request.auto_delete, arguments=arguments
                )
            except Inequivalent as exc:
                raise inequivalent(exc) from exc
        self._known.note_queue(connection, request.vhost, declared.name)
        self._acts.done(profile, request.vhost, "queue", declared.name, "declared", asdict(request))
        return Declared(declared.name)

    async def bind(self, connection: str, request: BindingRequest) -> None:
        """Bind a queue or an exchange. Binding again the same way changes nothing."""
        await self._join(connection, request, unbind=False)

    async def unbind(self, connection: str, request: BindingRequest) -> None:
        """Take a binding away. One that is not there is no fault."""
        await self._join(connection, request, unbind=True)

    async def _join(self, connection: str, request: BindingRequest, *, unbind: bool) -> None:
        profile = await self._acts.begin(connection)
        if not request.source or not request.destination:
            raise NameMissing
        check_names(request.source, request.destination, request.routing_key)
        if not unbind or not await self._delete(connection, request):
            async with await self._open_channel(connection, request.vhost) as channel:
                await _join(channel, request, unbind=unbind)
        self._known.note_exchange(connection, request.vhost, request.source)
        if request.to_queue:
            self._known.note_queue(connection, request.vhost, request.destination)
        else:
            self._known.note_exchange(connection, request.vhost, request.destination)
        name = f"{request.source} → {request.destination}"
        self._acts.done(profile, request.vhost, "binding", name, "deleted" if unbind else "declared", asdict(request))

    async def _delete(self, connection: str, request: BindingRequest) -> bool:
        """Delete a binding by its name; false where it has none, or where only AMQP is there to do it.

        Over AMQP its arguments have to be the same to the type, or else the broker takes nothing away and says nothing.
        """
        if not request.properties_key or not request.arguments:
            return False
        path = path_of(*_path(request), request.properties_key)
        try:
            await (await self._pool.of(connection)).delete(path)
        except ManagementMissing:
            return False
        except NotOnBroker:
            return True
        return True


def _path(request: BindingRequest) -> tuple[str, ...]:
    return "bindings", request.vhost, "e", request.source, "q" if request.to_queue else "e", request.destination


async def _join(channel: Channel, request: BindingRequest, *, unbind: bool) -> None:
    arguments = table_of(request.arguments)
    ends = (request.destination, request.source, request.routing_key, arguments)
    if request.to_queue:
        await (channel.unbind_queue(*ends) if unbind else channel.bind_queue(*ends))
    else:
        await (channel.unbind_exchange(*ends) if unbind else channel.bind_exchange(*ends))
