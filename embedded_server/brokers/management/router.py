"""From a method and a path to the function that answers. Paths are cut before they are decoded: a name may hold a slash."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from embedded_server.brokers.management.access import Needs
from embedded_server.brokers.management.call import Answer, Call

PREFIX: Final = ("api",)

Handler = Callable[..., Awaitable[Answer]]
"""Takes the call and the names in the path, in their order."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, such as ``queues/{}/{}/bindings``, and who may use it."""

    method: str
    path: str
    handler: Handler
    needs: Needs = Needs.MANAGEMENT


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to: a handler for each method, and the names in the path."""

    by_method: dict[str, Route]
    names: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The header ``Allow``."""
        methods = [*(["HEAD"] if "GET" in self.by_method else []), *self.by_method, "OPTIONS"]
        return ", ".join(methods)

    async def answer(self, route: Route, call: Call) -> Answer:
        """Let the route's function answer."""
        return await route.handler(call, *self.names)


class Router:
    """All routes, by the segments of their paths; a fixed word is preferred to a name."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Crossing()
        for route in routes:
            crossing = self._root
            for segment in route.path.split("/"):
                crossing = crossing.towards(segment)
            crossing.routes[route.method] = route

    def find(self, raw_path: bytes) -> Found | None:
        """What *raw_path*, percent-encoded, leads to."""
        segments = raw_path.decode("latin-1").strip("/").split("/")
        if tuple(segments[: len(PREFIX)]) != PREFIX:
            return None
        return self._root.find(segments[len(PREFIX) :], ())


class _Crossing:
    """A place in the tree of paths."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self._words: dict[str, _Crossing] = {}
        self._name: _Crossing | None = None

    def towards(self, segment: str) -> "_Crossing":
        """The next crossing, made where there is none."""
        if segment != "{}":
            return self._words.setdefault(segment, _Crossing())
        if self._name is None:
            self._name = _Crossing()
        return self._name

    def find(self, segments: list[str], names: tuple[str, ...]) -> Found | None:
        """Follow *segments*, and gather the names on the way."""
        if not segments:
            return Found(self.routes, names) if self.routes else None
        first, rest = segments[0], segments[1:]
        word = self._words.get(first)
        found = word.find(rest, names) if word is not None else None
        if found is None and self._name is not None:
            found = self._name.find(rest, (*names, unquote(first, errors="replace")))
        return found
