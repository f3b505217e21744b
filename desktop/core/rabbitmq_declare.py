"""The forms that declare queues, exchanges and bindings, as typed, and the requests they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from desktop.core.faults import Fault
from desktop.core.i18n import N_
from desktop.core.problems import ApiError
from desktop.core.rabbitmq_arguments import EXCHANGE_ARGUMENTS, QUEUE_ARGUMENTS, Argument, QueueType, read_argument
from desktop.core.rabbitmq_draft import check_short
from desktop.core.rabbitmq_typed import Entry, Path, faults_of, headers_of
from embedded_server.contracts.rabbitmq import BindingRequest, DeclareExchange, DeclareQueue, FieldType, Header

RESERVED_PREFIX: Final = "amq."
EXCHANGE_TYPES: Final = (
    ("topic", N_("By patterns: order.* matches order.paid, # matches any number of words")),
    ("direct", N_("By the very routing key")),
    ("fanout", N_("To every queue that is bound, whatever the routing key")),
    ("headers", N_("By headers instead of the routing key")),
)
X_MATCH: Final = ("all", "any", "all-with-x", "any-with-x")


@dataclass(frozen=True, slots=True)
class QueueDraft:
    """The queue form's fields exactly as typed."""

    name: str = ""
    type: QueueType = QueueType.CLASSIC
    durable: bool = True
    auto_delete: bool = False
    known: dict[str, str] = field(default_factory=dict)
    """Arguments RabbitMQ knows, by their names on the wire."""
    others: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangeDraft:
    """The exchange form's fields exactly as typed."""

    name: str = ""
    type: str = "topic"
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    known: dict[str, str] = field(default_factory=dict)
    others: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class BindDraft:
    """The binding form's fields exactly as typed."""

    source: str = ""
    destination: str = ""
    to_queue: bool = True
    routing_key: str = ""
    x_match: str = ""
    """Empty where the source is no headers exchange."""
    arguments: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Faults:
    """What keeps a form from being sent, each by where it is; false where nothing does."""

    fields: dict[str, Fault] = field(default_factory=dict)
    """By ``name``, ``source`` …, or by an argument's name on the wire."""
    others: dict[Path, Fault] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields or self.others)


def queue_request(draft: QueueDraft, vhost: str) -> tuple[DeclareQueue | None, Faults]:
    """Answer the request, or what keeps the draft from being one."""
    offered = [argument for argument in QUEUE_ARGUMENTS if draft.type in argument.types]
    headers, faults = _arguments(offered, draft.known, draft.others)
    if (fault := _check_new_name(draft.name, may_be_empty=True)) is not None:
        faults.fields["name"] = fault
    if draft.type is not QueueType.CLASSIC and not draft.name:
        faults.fields.setdefault(
            "name", Fault(N_("This kind of queue needs a name"), N_("Only classic queues can be named by the broker."))
        )
    if faults:
        return None, faults
    replicated = draft.type is not QueueType.CLASSIC
    if replicated:
        headers.insert(0, Header("x-queue-type", FieldType.STRING, draft.type.value))
    request = DeclareQueue(vhost, draft.name, draft.durable or replicated, draft.auto_delete and not replicated, headers)
    return request, faults


def exchange_request(draft: ExchangeDraft, vhost: str) -> tuple[DeclareExchange | None, Faults]:
    """Answer the request, or what keeps the draft from being one."""
    headers, faults = _arguments(EXCHANGE_ARGUMENTS, draft.known, draft.others)
    if (fault := _check_new_name(draft.name, may_be_empty=False)) is not None:
        faults.fields["name"] = fault
    if not draft.type.strip():
        faults.fields["type"] = Fault(N_("No type is named"), N_("Choose one, or type a plug-in's, such as x-delayed-message."))
    if faults:
        return None, faults
    return DeclareExchange(vhost, draft.name, draft.type.strip(), draft.durable, draft.auto_delete, draft.internal, headers), faults


def binding_request(draft: BindDraft, vhost: str) -> tuple[BindingRequest | None, Faults]:
    """Answer the request, or what keeps the draft from being one."""
    faults = Faults(others=faults_of(draft.arguments))
    for name, text in (("source", draft.source), ("destination", draft.destination)):
        if not text:
            faults.fields[name] = Fault(N_("Nothing is named"), N_("Choose one of the list, or type its name."))
    for name, text in (("source", draft.source), ("destination", draft.destination), ("routing_key", draft.routing_key)):
        if (fault := check_short(text)) is not None:
            faults.fields[name] = fault
    if draft.x_match and any(entry.name == "x-match" for entry in draft.arguments):
        number = next(number for number, entry in enumerate(draft.arguments) if entry.name == "x-match")
        faults.others[number,] = Fault(N_("x-match is chosen above"), N_("Remove this row."), of_name=True)
    if faults:
        return None, faults
    headers = headers_of(draft.arguments)
    if draft.x_match:
        headers.insert(0, Header("x-match", FieldType.STRING, draft.x_match))
    return BindingRequest(vhost, draft.source, draft.destination, draft.to_queue, draft.routing_key, headers), faults


def differing_argument(exc: BaseException) -> str:
    """Answer which argument an existing object has otherwise, where the server's problem tells; empty where it does not."""
    if not isinstance(exc, ApiError):
        return ""
    return str(exc.problem.params.get("argument", ""))


def _arguments(known: Sequence[Argument], typed: dict[str, str], others: tuple[Entry, ...]) -> tuple[list[Header], Faults]:
    faults = Faults(others=faults_of(others))
    headers: list[Header] = []
    for argument in known:
        text = typed.get(argument.key, "")
        if not text.strip():
            continue
        value, fault = read_argument(argument, text)
        if fault is not None:
            faults.fields[argument.key] = fault
        elif value is not None:
            headers.append(replace(value, name=argument.key))
    names = {header.name for header in headers}
    for number, entry in enumerate(others):
        if entry.name in names:
            title, hint = N_("{name} is set above"), N_("Remove this row, or clear the field.")
            faults.others[number,] = Fault(title, hint, {"name": entry.name}, of_name=True)
    return (headers + headers_of(others) if not faults else []), faults


def _check_new_name(name: str, *, may_be_empty: bool) -> Fault | None:
    if not name and not may_be_empty:
        return Fault(N_("This has no name"), N_("Type one, such as orders."))
    if name.startswith(RESERVED_PREFIX):
        return Fault(N_("Names that begin with amq. are the broker's own"), N_("Choose another name."))
    return check_short(name)
