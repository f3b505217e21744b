"""A client without sockets: feeds the core frames and decodes what it answers; its clock is turned by hand."""

from dataclasses import dataclass, field
from typing import TypeVar

from pamqp import base, body, commands, frame, header
from pamqp.heartbeat import Heartbeat

from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.connection import Connection
from embedded_server.brokers.amqp.store import Store
from embedded_server.brokers.amqp.stores import Stores

Answer = base.Frame | header.ContentHeader | body.ContentBody | Heartbeat | header.ProtocolHeader
M = TypeVar("M")

CAPABLE = {"capabilities": {"consumer_cancel_notify": True, "connection.blocked": True, "authentication_failure_close": True}}


class FakeClock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.seconds + 1_700_000_000


@dataclass
class Bench:
    """A broker under test and its clock."""

    store: Store | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    stores: Stores | None = None

    def __post_init__(self) -> None:
        self.broker = Broker(store=self.store, stores=self.stores, clock=self.clock)

    def peer(self, **options: object) -> "Peer":
        made = Peer(self.broker)
        made.open(**options)  # type: ignore[arg-type]  # options of any type
        return made

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps as a loop would wake up."""
        end = self.clock.seconds + seconds
        while (due := self.broker.timers.next_at()) is not None and due <= end:
            self.clock.seconds = max(self.clock.seconds, due)
            self.broker.timers.run_due()
        self.clock.seconds = end


class Peer:
    """One connection as its client sees it."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.connection = Connection(broker, "test")
        self._buffer = b""

    def open(self, *, channel: bool = True, heartbeat: int = 0, client_properties: dict[str, object] | None = None) -> None:
        self.send(header.ProtocolHeader().marshal())
        self.method(0, commands.Connection.StartOk(client_properties or CAPABLE, "PLAIN", "\0guest\0guest", "en_US"))  # type: ignore[arg-type]  # its annotations are narrower than what it takes
        self.method(0, commands.Connection.TuneOk(2047, 131072, heartbeat))
        self.method(0, commands.Connection.Open("/"))
        if channel:
            self.method(1, commands.Channel.Open())
        self.answers()

    def send(self, data: bytes) -> None:
        self.connection.receive_data(data)

    def method(self, channel: int, method: base.Frame) -> None:
        self.send(frame.marshal(method, channel))

    def ask(self, method: base.Frame, kind: type[M]) -> M:
        """Send *method* on channel 1 and take the answer, which must be the only one."""
        self.method(1, method)
        (answer,) = self.answers()
        assert isinstance(answer, kind), answer
        return answer

    def declare(self, name: str = "q", **options: object) -> None:
        self.ask(commands.Queue.Declare(queue=name, **options), commands.Queue.DeclareOk)  # type: ignore[arg-type]  # options of any type

    def publish(self, key: str = "q", payload: bytes = b"x", *, exchange: str = "", mandatory: bool = False, **properties: object) -> None:
        props = commands.Basic.Properties(**properties)  # type: ignore[arg-type]  # options of any type
        self.method(1, commands.Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory))
        self.send(frame.marshal(header.ContentHeader(0, len(payload), props), 1))
        if payload:
            self.send(frame.marshal(body.ContentBody(payload), 1))

    def consume(self, queue: str = "q", *, no_ack: bool = True) -> None:
        self.method(1, commands.Basic.Consume(queue=queue, consumer_tag="c", no_ack=no_ack))

    def bodies(self) -> list[bytes]:
        """Bodies of the messages that came."""
        return [answer.value or b"" for answer in self.answers() if isinstance(answer, body.ContentBody)]

    def answers(self) -> list[Answer]:
        """End the turn and decode what the broker says to this client."""
        self.broker.end_turn()
        self._buffer += b"".join(self.connection.data_to_send())
        found: list[Answer] = []
        while self._buffer:
            used, _, answer = frame.unmarshal(self._buffer)
            self._buffer = self._buffer[used:]
            found.append(answer)
        return found
