"""Cuts a list into pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page."""

    items: Sequence[T]
    page: int
    """From 1; beyond the last one it is the last one."""
    pages: int


def page_with(names: Iterable[str], name: str, page_size: int) -> int | None:
    """Answer the page, from 1, that one of *names* stands on; None where it is not among them, or is none."""
    return next((at // page_size + 1 for at, one in enumerate(names) if one == name), None) if name else None


def page_of(items: Sequence[T], page: int, page_size: int) -> Page[T]:
    """Answer one page of *items*; there is always a first one."""
    pages = max(1, -(-len(items) // page_size))
    at = min(max(1, page), pages)
    return Page(items[(at - 1) * page_size : at * page_size], at, pages)
