"""What the management contract tests say often, said once: an HTTP client that waits for figures, which RabbitMQ tells late."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

LIMIT_S = 30.0
"""RabbitMQ's figures are up to five seconds old, and older on a busy machine."""


class Api:
    """The management API of one broker, as one user."""

    def __init__(self, url: str, user: str = "guest", password: str = "guest") -> None:
        parsed = httpx.URL(url)
        self.base = f"http://{parsed.host}:{parsed.port}/api/"
        self._client = httpx.Client(base_url=self.base, auth=(user, password), timeout=LIMIT_S)

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, *path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        """Each part of *path* may hold any character."""
        where = "/".join(quote(part, safe="") for part in path)
        try:
            return self._client.request(method, where, json=body, params=query or None, headers=headers)
        except httpx.RemoteProtocolError:  # RabbitMQ hangs up after a refusal whose body it did not read, at times only now
            return self._client.request(method, where, json=body, params=query or None, headers=headers)

    def get(self, *path: str, **query: Any) -> Any:
        response = self.ask("GET", *path, **query)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json()

    def status(self, method: str, *path: str, body: Any = None, **query: Any) -> int:
        return self.ask(method, *path, body=body, **query).status_code

    def refusal(self, method: str, *path: str, body: Any = None, **query: Any) -> tuple[int, str, Any]:
        """Status, error and reason of an answer that is no success."""
        response = self.ask(method, *path, body=body, **query)
        told = response.json()
        return response.status_code, told["error"], told["reason"]

    def wait(self, condition: Callable[[Any], bool], *path: str, **query: Any) -> Any:
        """Ask until *condition* holds of the answer."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            response = self.ask("GET", *path, **query)
            found = response.json() if response.status_code == 200 else None
            if found is not None and condition(found):
                return found
            assert time.monotonic() < deadline, (path, found)
            time.sleep(0.1)

    def publish(self, queue: str, payload: str, **properties: Any) -> bool:
        body = {"properties": properties, "routing_key": queue, "payload": payload, "payload_encoding": "string"}
        return bool(self.ask("POST", "exchanges", "/", "amq.default", "publish", body=body).json()["routed"])


NOT_FOUND = (404, "Object Not Found", "Not Found")
REFUSED = (401, "not_authorised", "Access refused.")


def shape(value: Any) -> Any:
    """What sort of thing a value of JSON is."""
    match value:
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case dict():
            return "object"
        case list():
            return "list"
        case None:
            return "null"
        case _:
            return "text"
