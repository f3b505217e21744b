"""Paths are cut before they are decoded, and lead to one function each."""

import pytest

from embedded_server.brokers.management.call import Answer
from embedded_server.brokers.management.router import Route, Router
from embedded_server.brokers.management.table import routes


async def handler(*_: object) -> Answer:
    return Answer()


@pytest.fixture
def router() -> Router:
    return Router(
        Route(method, path, handler)
        for method, path in (
            ("GET", "queues"),
            ("GET", "queues/{}/{}"),
            ("PUT", "queues/{}/{}"),
            ("GET", "queues/{}/get"),
            ("GET", "a/{}/b"),
        )
    )


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (b"/api/queues", ()),
        (b"/api/queues/", ()),
        (b"/api/queues/%2F/a%2Fb", ("/", "a/b")),
        (b"/api/queues/v/%C3%BC+%20", ("v", "ü+ ")),
        (b"/api/queues/v/%FF", ("v", "�")),
        (b"/api/a//b", ("",)),
    ],
)
def test_names_come_decoded_and_whole(router: Router, path: bytes, names: tuple[str, ...]) -> None:
    found = router.find(path)
    assert found is not None
    assert found.names == names


def test_word_is_preferred_to_a_name(router: Router) -> None:
    found = router.find(b"/api/queues/v/get")
    assert found is not None
    assert (found.names, found.allowed) == (("v",), "HEAD, GET, OPTIONS")


@pytest.mark.parametrize("path", [b"/", b"/api", b"/apiqueues", b"/queues", b"/api/queues/a/b/c", b"/api/a/b", b"/api/\xff", b""])
def test_path_that_leads_nowhere_is_not_found(router: Router, path: bytes) -> None:
    assert router.find(path) is None


def test_methods_of_a_path_are_told(router: Router) -> None:
    found = router.find(b"/api/queues/v/q")
    assert found is not None
    assert found.allowed == "HEAD, GET, PUT, OPTIONS"


def test_no_route_hides_another() -> None:
    every = routes()
    assert len({(route.method, route.path) for route in every}) == len(every)
    router = Router(every)
    for route in every:
        found = router.find(f"/api/{route.path.replace('{}', 'q')}".encode())
        assert found is not None
        assert found.by_method[route.method] is route
