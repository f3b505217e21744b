"""Places of a broker: kept in the settings, and the filter that lists what was seen there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot, base_filter, kept_text, spot_of
from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.rabbitmq import subject_of
from embedded_server.journal.sieve import Sieve

names = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def event(subject: str, worker: str = "", connection: str = "shop") -> Event:
    return Event(1, connection, Kind.MESSAGE_DELIVERED, subject, worker=worker)


def matches(filter_: str, one: Event) -> bool:
    sieve = Sieve(filter_)
    try:
        return sieve.matching([one]) == [True]
    finally:
        sieve.close()


@given(st.sampled_from(list(Place)), st.text(), st.text())
def test_a_spot_comes_back_from_the_settings(place: Place, vhost: str, name: str) -> None:
    assert spot_of(kept_text(Spot(place, vhost, name))) == Spot(place, vhost, name)


@pytest.mark.parametrize("text", ["", "[]", "{", '["nowhere", "", ""]', "7", "null", '["queue", "/"]'])
def test_what_makes_no_sense_in_the_settings_is_no_spot(text: str) -> None:
    assert spot_of(text) is None


@given(names, names)
def test_an_exchange_lists_what_went_through_it_and_no_other(name: str, other: str) -> None:
    filter_ = base_filter("shop", Spot(Place.EXCHANGE, "/", name))
    assert matches(filter_, event(subject_of(name, "any key")))
    assert not matches(filter_, event(subject_of(f"{name}{other}", "any key")))
    assert not matches(filter_, event(subject_of(f"{other}{name}", "any key")))


def test_the_default_exchange_lists_what_was_sent_without_one() -> None:
    filter_ = base_filter("shop", Spot(Place.EXCHANGE, "/", ""))
    assert matches(filter_, event(subject_of("", "celery")))
    assert not matches(filter_, event(subject_of("orders", "celery")))


@given(names)
def test_a_queue_lists_what_was_read_from_it_tapped_from_it_and_sent_straight_to_it(name: str) -> None:
    filter_ = base_filter("shop", Spot(Place.QUEUE, "/", name))
    for one in (event("x → y", name), event("x → y", f"tap {name}"), event(subject_of("", name))):
        assert matches(filter_, one)
    assert not matches(filter_, event("x → y", f"{name}2"))
    assert not matches(filter_, event("x → y", name, connection="elsewhere"))


def test_the_overview_lists_all_messages_of_the_connection_and_nothing_else() -> None:
    filter_ = base_filter("shop", OVERVIEW)
    assert matches(filter_, event("x → y"))
    assert not matches(filter_, event("x → y")._replace(kind=Kind.TASK_SENT))
