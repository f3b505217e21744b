"""What the management API tells, read: figures that it leaves out included."""

from typing import Any

from embedded_server.rabbitmq.management.readings import exchanges_of


def told(name: str, **rates: float) -> dict[str, Any]:
    stats = {f"{event}_details": {"rate": rate} for event, rate in rates.items()}
    return {"name": name, "vhost": "/", "type": "topic", **({"message_stats": stats} if stats else {})}


def test_an_exchange_that_was_never_used_has_no_messages_a_second_where_others_tell_theirs() -> None:
    found = exchanges_of([told("used", publish_in=2.5, publish_out=5.0), told("idle"), told("lost", publish_in=1.0)])
    assert [(one.name, one.rate_in, one.rate_out) for one in found] == [("idle", 0.0, 0.0), ("lost", 1.0, 0.0), ("used", 2.5, 5.0)]


def test_nothing_is_made_up_where_the_broker_tells_no_figures() -> None:
    assert [(one.rate_in, one.rate_out) for one in exchanges_of([told("one"), told("two")])] == [(None, None), (None, None)]
