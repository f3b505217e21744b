"""The management API: lists that are filtered, sorted, and cut into pages and columns."""

from collections.abc import Iterator
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import publish, settle
from tests.contract.amqp.management import Api


@pytest.fixture
def vhost(api: Api, name: str) -> Iterator[str]:
    """A virtual host with five queues, ``b`` holding two messages and ``c`` one."""
    assert api.status("PUT", "vhosts", name) == 201
    for queue in ("c", "a", "b", "other", "B2"):
        assert api.status("PUT", "queues", name, queue, body={}) == 201
    for queue in ("b", "b", "c"):
        body = {"properties": {}, "routing_key": queue, "payload": "x", "payload_encoding": "string"}
        assert api.ask("POST", "exchanges", name, "amq.default", "publish", body=body).json() == {"routed": True}
    yield name
    api.status("DELETE", "vhosts", name)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_lists_are_in_order_of_names(api: Api, vhost: str) -> None:
    assert names(api.get("queues", vhost)) == ["B2", "a", "b", "c", "other"]


def test_a_page_says_where_it_stands(api: Api, vhost: str) -> None:
    page = api.get("queues", vhost, page=2, page_size=2, columns="name")
    assert page == {
        "filtered_count": 5,
        "item_count": 2,
        "items": [{"name": "b"}, {"name": "c"}],
        "page": 2,
        "page_count": 3,
        "page_size": 2,
        "total_count": 5,
    }


def test_pages_hold_a_hundred_unless_told_otherwise(api: Api, vhost: str) -> None:
    page = api.get("queues", vhost, page=1)
    assert (page["page_size"], page["page_count"], page["item_count"]) == (100, 1, 5)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "B"}, ["B2", "b"]),
        ({"name": "^b", "use_regex": "true"}, ["B2", "b"]),
        ({"name": "^.$", "use_regex": "true"}, ["a", "b", "c"]),
        ({"name": "nope"}, []),
    ],
)
def test_pages_are_filtered_by_name(api: Api, vhost: str, query: dict[str, str], expected: list[str]) -> None:
    page = api.get("queues", vhost, page=1, **query)
    assert names(page["items"]) == expected
    assert (page["filtered_count"], page["total_count"]) == (len(expected), 5)


def test_lists_are_sorted_either_way(api: Api, vhost: str) -> None:
    assert names(api.get("queues", vhost, sort="name", sort_reverse="true")) == ["other", "c", "b", "a", "B2"]
    api.wait(lambda found: sum(row.get("messages", 0) for row in found) == 3, "queues", vhost)
    assert names(api.get("queues", vhost, sort="messages"))[-2:] == ["c", "b"]
    assert names(api.get("queues", vhost, sort="messages", sort_reverse="true"))[:2] == ["b", "c"]
    assert names(api.get("queues", vhost, page=1, page_size=1, sort="messages", sort_reverse="true")["items"]) == ["b"]


def test_sorting_by_what_is_not_there_leaves_the_order_of_names(api: Api, vhost: str) -> None:
    assert names(api.get("queues", vhost, sort="nosuch")) == ["B2", "a", "b", "c", "other"]


def test_columns_may_be_deep(api: Api, vhost: str) -> None:
    api.wait(lambda found: found.get("message_stats", {}).get("publish") == 2, "queues", vhost, "b")
    rows = api.get("queues", vhost, columns="name,message_stats.publish,nosuch")
    told = {row["name"]: row for row in rows}
    assert told["b"] == {"name": "b", "message_stats": {"publish": 2}}
    assert told["a"] == {"name": "a"}
    assert api.get("queues", vhost, "b", columns="name,vhost") == {"name": "b", "vhost": vhost}


def test_figures_can_be_left_out(api: Api, vhost: str) -> None:
    short = api.get("queues", vhost, disable_stats="true")[1]
    short.pop("state", None)  # which RabbitMQ tells a while after the queue was made
    assert short.keys() == {"arguments", "auto_delete", "durable", "exclusive", "name", "node", "type", "vhost"}
    rows = api.wait(
        lambda found: [row["messages"] for row in found] == [0, 0, 2, 1, 0],
        *("queues", vhost),
        disable_stats="true",
        enable_queue_totals="true",
    )
    assert rows[2].keys() == short.keys() | {"messages", "messages_ready", "messages_unacknowledged", "state"}
    page = api.get("queues", vhost, page=1, page_size=1, disable_stats="true", enable_queue_totals="true")
    assert page["items"][0].keys() == rows[0].keys()


@pytest.mark.parametrize(
    ("query", "error", "reason"),
    [
        ({"page": 9}, "page_out_of_range", "Page out of range, page: 9 page size: 100, len: 5"),
        ({"page": 0}, "invalid_pagination_parameters", "Invalid pagination parameters: page number 0, page size undefined"),
        ({"page": 1, "page_size": 501}, "invalid_pagination_parameters", "Invalid pagination parameters: page number 1, page size 501"),
        ({"page": 1, "page_size": 0}, "invalid_pagination_parameters", "Invalid pagination parameters: page number 1, page size 0"),
        ({"page": "x"}, "bad_request", "Pagination parameters are invalid"),
        ({"page": ""}, "bad_request", "Pagination parameters are invalid"),
    ],
)
def test_pages_that_cannot_be_are_refused(api: Api, vhost: str, query: dict[str, Any], error: str, reason: str) -> None:
    assert api.refusal("GET", "queues", vhost, **query) == (400, error, reason)


@pytest.mark.parametrize("kind", ["exchanges", "connections", "channels"])
def test_other_lists_have_pages_too(api: Api, channel: BlockingChannel, queue: str, kind: str) -> None:
    publish(channel, queue, b"x")
    settle(channel)
    page = api.wait(lambda found: found["total_count"] > 0, kind, page=1, page_size=1)
    assert (page["page"], page["page_size"], page["item_count"], len(page["items"])) == (1, 1, 1, 1)
