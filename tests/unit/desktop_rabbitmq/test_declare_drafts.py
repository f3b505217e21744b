import pytest

from desktop.core.problems import ApiError
from desktop.core.rabbitmq_arguments import QUEUE_ARGUMENTS, Argument, QueueType, check_argument
from desktop.core.rabbitmq_declare import (
    BindDraft,
    ExchangeDraft,
    QueueDraft,
    binding_request,
    differing_argument,
    exchange_request,
    queue_request,
)
from desktop.core.rabbitmq_typed import Entry
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import DeclareQueue, FieldType, Header


def argument(key: str) -> Argument:
    return next(each for each in QUEUE_ARGUMENTS if each.key == key)


def declared(draft: QueueDraft) -> DeclareQueue:
    request, faults = queue_request(draft, "/")
    assert request is not None, faults
    return request


def test_arguments_go_over_the_wire_with_their_types() -> None:
    known = {
        "x-message-ttl": "30s",
        "x-max-length": "10,000",
        "x-max-length-bytes": "1.5 MB",
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "dlx",
        "x-single-active-consumer": "true",
    }
    others = (Entry("x-queue-mode", FieldType.STRING, "lazy"), Entry())
    assert declared(QueueDraft("q", known=known, others=others)).arguments == [
        Header("x-message-ttl", FieldType.INTEGER, 30_000),
        Header("x-max-length", FieldType.INTEGER, 10_000),
        Header("x-max-length-bytes", FieldType.INTEGER, 1_500_000),
        Header("x-overflow", FieldType.STRING, "reject-publish"),
        Header("x-dead-letter-exchange", FieldType.STRING, "dlx"),
        Header("x-single-active-consumer", FieldType.BOOLEAN, True),
        Header("x-queue-mode", FieldType.STRING, "lazy"),
    ]


def test_a_quorum_queue_is_durable_and_leaves_out_what_it_does_not_know() -> None:
    draft = QueueDraft("q", QueueType.QUORUM, durable=False, auto_delete=True, known={"x-max-priority": "9", "x-delivery-limit": "20"})
    request = declared(draft)
    assert (request.durable, request.auto_delete) == (True, False)
    assert request.arguments == [Header("x-queue-type", FieldType.STRING, "quorum"), Header("x-delivery-limit", FieldType.INTEGER, 20)]


def test_only_a_classic_queue_may_be_named_by_the_broker() -> None:
    assert declared(QueueDraft()).name == ""
    _, faults = queue_request(QueueDraft(type=QueueType.STREAM), "/")
    assert "name" in faults.fields


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("x-message-ttl", "soon"),
        ("x-expires", "0"),
        ("x-message-ttl", "60d"),
        ("x-max-priority", "256"),
        ("x-max-length", "many"),
        ("x-max-length-bytes", "5 XB"),
        ("x-max-length-bytes", "MB"),
    ],
)
def test_a_wrong_argument_is_told_with_what_to_try(key: str, text: str) -> None:
    fault = check_argument(argument(key), text)
    assert fault is not None
    assert fault.hint
    _, faults = queue_request(QueueDraft("q", known={key: text}), "/")
    assert set(faults.fields) == {key}


@pytest.mark.parametrize(("text", "count"), [("500", 500), ("2 kB", 2_000), ("1GiB", 2**30), ("1_000 b", 1_000)])
def test_sizes_are_read_with_their_units(text: str, count: int) -> None:
    request = declared(QueueDraft("q", known={"x-max-length-bytes": text}))
    assert request.arguments[0].value == count


def test_an_argument_cannot_be_set_twice() -> None:
    _, faults = queue_request(QueueDraft("q", known={"x-max-length": "5"}, others=(Entry("x-max-length", FieldType.INTEGER, "6"),)), "/")
    assert faults.others[0,].of_name


def test_the_brokers_own_names_are_refused_here() -> None:
    for _, faults in (queue_request(QueueDraft("amq.x"), "/"), exchange_request(ExchangeDraft("amq.x"), "/")):
        assert "name" in faults.fields


def test_an_exchange_needs_a_name_and_a_type() -> None:
    _, faults = exchange_request(ExchangeDraft(type=" "), "/")
    assert set(faults.fields) == {"name", "type"}
    request, _ = exchange_request(ExchangeDraft("e", "x-delayed-message", known={"alternate-exchange": "u"}), "/")
    assert request is not None
    assert request.arguments == [Header("alternate-exchange", FieldType.STRING, "u")]


def test_a_binding_names_both_ends_and_says_how_headers_match() -> None:
    _, faults = binding_request(BindDraft(), "/")
    assert set(faults.fields) == {"source", "destination"}
    rows = (Entry("country", FieldType.STRING, "TW"),)
    request, _ = binding_request(BindDraft("e", "q", x_match="any", arguments=rows), "/")
    assert request is not None
    assert request.arguments == [Header("x-match", FieldType.STRING, "any"), Header("country", FieldType.STRING, "TW")]
    _, faults = binding_request(BindDraft("e", "q", x_match="any", arguments=(Entry("x-match", FieldType.STRING, "all"),)), "/")
    assert faults.others[0,].of_name


def test_the_argument_that_differs_is_read_from_the_servers_answer() -> None:
    problem = ProblemDetails("urn:x", "t", 409, params={"argument": "x-message-ttl"})
    assert differing_argument(ApiError(problem)) == "x-message-ttl"
    assert differing_argument(ApiError(ProblemDetails("urn:x", "t", 409))) == ""
    assert differing_argument(RuntimeError()) == ""
