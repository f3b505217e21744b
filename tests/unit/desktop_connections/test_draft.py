"""The connection form's draft: what keeps it from being saved, and what it makes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.connections_draft import Draft, Entry, draft_of, entry_of, has_changes, prepare, with_url
from embedded_server.contracts.connections import (
    Colour,
    ConnectionKind,
    ConnectionSpec,
    Environment,
    RabbitSettings,
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
