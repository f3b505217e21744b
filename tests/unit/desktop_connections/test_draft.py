"""The connection form's draft: what keeps it from being saved, and what it makes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.connections_draft import Draft, Entry, draft_of, entry_of, has_changes, prepare, with_kind, with_url
from embedded_server.contracts.connections import (
    Colour,
    ConnectionKind,
    ConnectionSpec,
    Environment,
    KafkaSettings,
    RabbitSettings,
    SaslMechanism,
    SaveConnection,
    Secret,
)
from embedded_server.contracts.problems import ProblemDetails

GOOD = Draft(name="orders", host="rabbit.example", user="ada")
LINE = st.text(st.characters(blacklist_categories=["C"]), max_size=12)


def test_a_draft_makes_the_connection_it_describes() -> None:
    draft = replace(GOOD, port="5673", heartbeat="", password="Wg7", environment=Environment.PRODUCTION, read_only=True, colour=Colour.RED)
    save = prepare(draft).save
    assert save is not None
    assert save.spec == ConnectionSpec(
        "orders",
        ConnectionKind.RABBITMQ,
        Colour.RED,
        Environment.PRODUCTION,
        read_only=True,
        rabbitmq=RabbitSettings("rabbit.example", 5673, user="ada", heartbeat_s=0),
    )
    assert save.secrets == {Secret.PASSWORD: "Wg7"}


def test_an_empty_password_leaves_the_kept_one_alone() -> None:
    save = prepare(GOOD).save
    assert save is not None
    assert save.secrets == {}


@pytest.mark.parametrize(
    ("draft", "entries"),
    [
        (Draft(), [Entry.HOST]),
        (replace(GOOD, host="  "), [Entry.HOST]),
        (replace(GOOD, port="65536"), [Entry.PORT]),
        (replace(GOOD, port="-1"), [Entry.PORT]),
        (replace(GOOD, port="٣"), [Entry.PORT]),
        (replace(GOOD, port="9" * 40, heartbeat="soon"), [Entry.PORT, Entry.HEARTBEAT]),
    ],
)
def test_each_fault_stands_at_its_field(draft: Draft, entries: list[Entry]) -> None:
    prepared = prepare(draft)
    assert prepared.save is None
    assert [fault.entry for fault in prepared.faults] == entries


@given(LINE, LINE, st.integers(0, 65_535), st.booleans())
def test_what_is_saved_is_shown_as_it_was_typed(name: str, vhost: str, port: int, tls: bool) -> None:
    draft = replace(GOOD, name=f"n{name}".strip(), vhost=vhost, port=str(port) if port else "", tls=tls)
    save = prepare(draft).save
    assert save is not None
    assert draft_of(save.spec) == draft
    assert not has_changes(draft, save.spec)


def test_changes_are_what_is_typed_and_not_saved() -> None:
    save = prepare(GOOD).save
    assert save is not None
    assert has_changes(replace(GOOD, password="x"), save.spec)
    assert has_changes(GOOD, None)
    assert not has_changes(Draft(), None)


def test_a_url_fills_the_fields_and_leaves_the_rest() -> None:
    parsed = SaveConnection(
        ConnectionSpec("rabbit", ConnectionKind.RABBITMQ, Colour.TEAL, rabbitmq=RabbitSettings("rabbit", 5671, "v", "bob", tls=True)),
        {Secret.PASSWORD: "pw"},
    )
    fresh = with_url(Draft(), parsed)
    assert (fresh.name, fresh.colour, fresh.host, fresh.password, fresh.tls) == ("rabbit", Colour.TEAL, "rabbit", "pw", True)
    typed = with_url(replace(GOOD, environment=Environment.STAGING, ca_file="/ca.pem", management_url="http://m"), parsed)
    assert (typed.name, typed.environment, typed.ca_file, typed.management_url, typed.user) == (
        "orders",
        Environment.STAGING,
        "/ca.pem",
        "http://m",
        "bob",
    )


def test_the_servers_refusals_lead_to_their_fields() -> None:
    def problem(code: str, **params: str) -> ProblemDetails:
        return ProblemDetails(f"urn:switchroom:problem:{code}", "t", 422, params=dict(params))

    assert entry_of(problem("connection-name-taken")) is Entry.NAME
    assert entry_of(problem("field-invalid", field="virtual host")) is Entry.VHOST
    assert entry_of(problem("file-not-absolute", field="client key")) is Entry.KEY_FILE
    assert entry_of(problem("connection-store-unwritable")) is None


def test_no_password_is_in_a_drafts_repr() -> None:
    assert "Wg7" not in repr(replace(GOOD, password="Wg7", management_password="Wg7"))


# -- Kafka

KAFKA = Draft(name="events", kind=ConnectionKind.KAFKA, bootstrap="k1:9092, k2:9093", user="")


def test_a_kafka_draft_makes_the_connection_it_describes() -> None:
    draft = replace(KAFKA, mechanism=SaslMechanism.SCRAM_SHA_256, user="ada", password="Wg7", tls=True, registry_url=" http://r:8081 ")
    save = prepare(replace(draft, registry_password="Zk1", management_password="of the other kind")).save
    assert save is not None
    assert save.spec.rabbitmq is None
    assert save.spec.kafka == KafkaSettings(
        "k1:9092,k2:9093", tls=True, mechanism=SaslMechanism.SCRAM_SHA_256, user="ada", registry_url="http://r:8081"
    )
    assert save.secrets == {Secret.PASSWORD: "Wg7", Secret.REGISTRY_PASSWORD: "Zk1"}


def test_a_kafka_without_a_name_is_called_like_its_first_broker() -> None:
    save = prepare(replace(KAFKA, name="")).save
    assert save is not None
    assert save.spec.name == "k1"


@pytest.mark.parametrize(
    ("bootstrap", "holds"),
    [
        ("host", True),
        ("host:9092", True),
        ("[::1]:9092", True),
        ("[::1]", True),
        ("a:1 b:2\nc", True),
        (" , ", False),
        ("host:0", False),
        ("host:99999", False),
        ("host:x", False),
        (":9092", False),
    ],
)
def test_brokers_are_addresses_with_ports(bootstrap: str, holds: bool) -> None:
    faults = [fault.entry for fault in prepare(replace(KAFKA, bootstrap=bootstrap)).faults]
    assert faults == ([] if holds else [Entry.BOOTSTRAP])


def test_a_login_needs_a_user() -> None:
    assert [fault.entry for fault in prepare(replace(KAFKA, mechanism=SaslMechanism.PLAIN)).faults] == [Entry.USER]


def test_what_is_saved_of_a_kafka_is_shown_as_it_was_typed() -> None:
    draft = replace(
        KAFKA, bootstrap="k1:9092,k2:9093", mechanism=SaslMechanism.PLAIN, user="ada", registry_url="http://r", registry_user="bo"
    )
    save = prepare(draft).save
    assert save is not None
    assert draft_of(save.spec) == draft


def test_the_guest_is_nobody_to_a_kafka() -> None:
    assert with_kind(Draft(), ConnectionKind.KAFKA).user == ""
    assert with_kind(with_kind(Draft(), ConnectionKind.KAFKA), ConnectionKind.RABBITMQ) == Draft()
    assert with_kind(replace(Draft(), user="ada"), ConnectionKind.KAFKA).user == "ada"


def test_a_kafka_url_turns_the_form_to_kafka() -> None:
    settings = KafkaSettings("k:9093", tls=True, mechanism=SaslMechanism.PLAIN, user="ada")
    parsed = SaveConnection(ConnectionSpec("k", ConnectionKind.KAFKA, kafka=settings), {Secret.PASSWORD: "pw"})
    filled = with_url(replace(Draft(), registry_url="http://r"), parsed)
    assert (filled.kind, filled.bootstrap, filled.tls, filled.user, filled.password) == (ConnectionKind.KAFKA, "k:9093", True, "ada", "pw")
    assert filled.registry_url == "http://r"
