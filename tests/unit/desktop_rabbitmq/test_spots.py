"""Places of a broker: kept in the settings, and the filter that lists what was seen there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.rabbitmq_spots import Place, Spot, kept_text, spot_of
from embedded_server.contracts.events import Event, Kind
from embedded_server.journal import Sieve

names = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def event(subject: str, worker: str = "", connection: str = "shop") -> Event:
    return Event(1, connection, Kind.MESSAGE_DELIVERED, subject, worker=worker)


def matches(filter_: str, one: Event) -> bool:
    sieve = Sieve(filter_)
    try:
        return list(sieve.matching([one])) == [0]
    finally:
        sieve.close()


@given(st.sampled_from(list(Place)), st.text(), st.text())
def test_a_spot_comes_back_from_the_settings(place: Place, vhost: str, name: str) -> None:
    assert spot_of(kept_text(Spot(place, vhost, name))) == Spot(place, vhost, name)


@pytest.mark.parametrize("text", ["", "[]", "{", '["nowhere", "", ""]', "7", "null", '["queue", "/"]'])
def test_what_makes_no_sense_in_the_settings_is_no_spot(text: str) -> None:
    assert spot_of(text) is None
