"""Connections and their tests in words."""

from desktop.core.connections_walk import FIXES, STEPS, results_of, verdict, walk_words
from desktop.core.connections_words import environment_of, host_of, name_of, state_of, summary
from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, Environment, Health, LinkState, SecretState

ORDERS = Connection("a", ConnectionSpec("orders", ConnectionKind.RABBITMQ, environment=Environment.PRODUCTION, read_only=True), "amqp://h")
EMBEDDED = Connection("embedded", ConnectionSpec("embedded", ConnectionKind.EMBEDDED), "")


def report(*outcomes: wire.TestOutcome) -> wire.TestReport:
    return wire.TestReport([wire.TestResult(step, outcome, 1.4) for step, outcome in zip(wire.TestStep, outcomes, strict=False)])


def test_a_connection_is_summed_up_in_one_line() -> None:
    assert summary(ORDERS) == "orders, idle, production, read-only"
    assert (name_of(EMBEDDED), environment_of(EMBEDDED)) == ("Embedded", ("", "dim"))


def test_every_state_has_a_word_and_a_colour() -> None:
    told = {state: state_of(Connection("a", ORDERS.spec, "", health=Health(state))) for state in LinkState}
    assert len({word for word, _ in told.values()}) == len(LinkState)
    assert (told[LinkState.OPEN][1], told[LinkState.FAILED][1]) == ("ok", "bad")
    assert state_of(Connection("a", ORDERS.spec, "", SecretState.NEEDED))[0] == "password needed"


def test_production_alone_is_red() -> None:
    tones = {
        one: environment_of(Connection("a", ConnectionSpec("n", ConnectionKind.RABBITMQ, environment=one), ""))[1] for one in Environment
    }
    assert [one for one, tone in tones.items() if tone == "bad"] == [Environment.PRODUCTION]


def test_the_verdict_names_the_step_that_fails() -> None:
    passed, warning, failed = wire.TestOutcome.PASSED, wire.TestOutcome.WARNING, wire.TestOutcome.FAILED
    assert verdict(report(passed, passed, failed)) == ("Fails at: TLS", "bad")
    assert verdict(report(passed, warning)) == ("Works, with less · 3 ms", "warn")
    assert verdict(report(passed)) == ("Works · 1 ms", "ok")
    assert verdict(None)[1] == "dim"


def test_what_a_test_will_do_is_told_by_the_kind() -> None:
    for told in (lambda kind: verdict(None, kind)[0], walk_words):
        of_kind = {kind: told(kind) for kind in ConnectionKind}
        assert len(set(of_kind.values())) == len(ConnectionKind)
        assert "management API and the topics" in of_kind[ConnectionKind.EMBEDDED]


def test_every_hint_with_a_button_belongs_to_a_problem_the_test_can_find() -> None:
    from embedded_server.contracts.problems import UserFacingError
    from embedded_server.core.reach import problems as reach_problems
    from embedded_server.kafka import problems as kafka_problems
    from embedded_server.kafka.decoding import registry_problems
    from embedded_server.kafka.walk import problems as kafka_walk_problems
    from embedded_server.rabbitmq import problems
    from embedded_server.rabbitmq.management import problems as management_problems
    from embedded_server.rabbitmq.walk import problems as walk_problems

    found = {
        "".join(f"-{char.lower()}" if char.isupper() else char for char in name).lstrip("-")
        for module in (problems, reach_problems, walk_problems, management_problems, kafka_problems, kafka_walk_problems, registry_problems)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, UserFacingError)
    }
    assert set(FIXES) <= found


def test_every_kind_has_its_own_steps_and_together_they_have_all() -> None:
    rabbit, kafka = STEPS[ConnectionKind.RABBITMQ], STEPS[ConnectionKind.KAFKA]
    assert wire.TestStep.VHOST not in kafka
    assert wire.TestStep.ADVERTISED not in rabbit
    assert set(rabbit) | set(kafka) == set(wire.TestStep)


def test_of_two_results_of_a_step_the_worse_one_is_shown() -> None:
    step = wire.TestStep.PROTOCOL
    failed, passed = (wire.TestResult(step, outcome) for outcome in (wire.TestOutcome.FAILED, wire.TestOutcome.PASSED))
    assert results_of(wire.TestReport([failed, passed])) == results_of(wire.TestReport([passed, failed])) == {step: failed}


def test_a_cluster_leads_to_its_first_broker_and_says_that_there_are_more() -> None:
    spec = ConnectionSpec("k", ConnectionKind.KAFKA)
    assert host_of(Connection("k", spec, "kafka://ada@k1:9092,k2:9092,k3:9092?tls=true")) == "k1:9092 and 2 more"
    assert host_of(Connection("k", spec, "kafka://k1:9092")) == "k1:9092"
    assert host_of(Connection("a", ORDERS.spec, "amqp://ada@h:5672/v")) == "h:5672"
