"""Lists as RabbitMQ answers them: filtered, sorted, cut into pages and columns. Rows are made only for what is sent."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import orjson

from embedded_server.brokers.management.call import Answer, Call
from embedded_server.brokers.management.errors import ApiError, bad_request

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 500
CHUNK: Final = 250

T = TypeVar("T")
Row = dict[str, Any]
SortKey = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list is asked for."""

    number: int
    size: int
    name: str
    use_regex: bool


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How things of one sort become a list."""

    row: Callable[[T], Row]
    name: Callable[[T], str]
    default_order: Callable[[T], Any]
    fields: Mapping[str, Callable[[T], Any]]
    """Cheap ways to fields that are often sorted by, or asked for alone; any other is read from the whole row."""

    async def answer(self, call: Call, things: Iterable[T]) -> Answer:
        """The list, or the page of it that *call* asks for."""
        page = page_of(call)
        columns = columns_of(call)
        every = list(things)
        chosen = every if page is None else _matching(every, self.name, page)
        ordered = await self._ordered(call, chosen)
        if page is None:
            return Answer(pieces=self._pieces(ordered, columns))
        pages = -(-len(ordered) // page.size)
        if page.number > max(1, pages):
            reason = f"Page out of range, page: {page.number} page size: {page.size}, len: {len(ordered)}"
            raise ApiError(400, "page_out_of_range", reason)
        start = (page.number - 1) * page.size
        items = self._rows(ordered[start : start + page.size], columns)
        return Answer(
            body={
                "filtered_count": len(ordered),
                "item_count": len(items),
                "items": items,
                "page": page.number,
                "page_count": pages,
                "page_size": page.size,
                "total_count": len(every),
            }
        )

    async def _ordered(self, call: Call, things: list[T]) -> list[T]:
        by = call.query.get("sort", "")
        if not by:
            ordered = sorted(things, key=self.default_order)
        else:
            keys: list[tuple[SortKey, Any, int]] = []
            for index, thing in enumerate(things):
                keys.append((self._sort_key(thing, by), self.default_order(thing), index))
                if index % CHUNK == CHUNK - 1:
                    await asyncio.sleep(0)
            ordered = [things[index] for _, _, index in sorted(keys)]
        if call.flag("sort_reverse"):
            ordered.reverse()
        return ordered

    def _rows(self, things: Sequence[T], columns: list[str]) -> list[Row]:
        if columns and all(column in self.fields and "." not in column for column in columns):
            return [{column: self.fields[column](thing) for column in columns} for thing in things]
        return [cut(self.row(thing), columns) for thing in things]

    def _sort_key(self, thing: T, by: str) -> SortKey:
        field = self.fields.get(by)
        value = dotted(self.row(thing), by) if field is None else field(thing)
        return sortable(0 if value is None and "." in by else value)  # what was never counted is none

    async def _pieces(self, things: Sequence[T], columns: list[str]) -> AsyncIterator[bytes]:
        """A JSON array, in chunks: a broker with thousands of queues serves its clients between them."""
        yield b"["
        for start in range(0, len(things), CHUNK):
            rows = self._rows(things[start : start + CHUNK], columns)
            yield (b"," if start else b"") + orjson.dumps(rows, default=str, option=orjson.OPT_NON_STR_KEYS)[1:-1]
            await asyncio.sleep(0)
        yield b"]"


def page_of(call: Call) -> Page | None:
    """The page *call* asks for; ``None`` where it wants all. Raises ``ApiError`` for what is no page."""
    if "page" not in call.query:
        return None
    try:
        number, size = int(call.query["page"]), int(call.query.get("page_size", DEFAULT_PAGE_SIZE))
    except ValueError:
        raise bad_request("Pagination parameters are invalid") from None
    if number < 1 or not 1 <= size <= MAX_PAGE_SIZE:
        told = size if "page_size" in call.query else "undefined"
        raise ApiError(400, "invalid_pagination_parameters", f"Invalid pagination parameters: page number {number}, page size {told}")
    return Page(number, size, call.query.get("name", ""), call.flag("use_regex"))


def _matching(things: list[T], name: Callable[[T], str], page: Page) -> list[T]:
    if not page.name:
        return things
    if page.use_regex:
        try:
            pattern = re.compile(page.name, re.IGNORECASE)
        except re.error:
            raise bad_request("Pagination parameters are invalid") from None
        return [thing for thing in things if pattern.search(name(thing))]
    wanted = page.name.lower()
    return [thing for thing in things if wanted in name(thing).lower()]


def columns_of(call: Call) -> list[str]:
    """The columns *call* wants, none for all."""
    return [column for column in call.query.get("columns", "").split(",") if column]


def cut(row: Row, columns: list[str]) -> Row:
    """*row* with nothing but *columns*, which may be dotted."""
    if not columns:
        return row
    kept: Row = {}
    for column in columns:
        value = dotted(row, column)
        if value is None and not _has(row, column):
            continue
        into = kept
        *parents, last = column.split(".")
        for parent in parents:
            into = into.setdefault(parent, {})
        into[last] = value
    return kept


def dotted(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as ``message_stats.publish``; ``None`` where there is none."""
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def sortable(value: Any) -> SortKey:
    """A key under which values of all sorts can be put in order: numbers, then truths, then texts, then what is not there."""
    match value:
        case bool():
            return 1, value
        case int() | float():
            return 0, value
        case str():
            return 2, value
        case None:
            return 3, 0
        case _:
            return 2, str(value)


def _has(row: Mapping[str, Any], path: str) -> bool:
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True
