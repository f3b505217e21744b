"""What a filter is made of once it is read: conditions joined by and, or and not."""

from dataclasses import dataclass, field
from enum import StrEnum


class Operator(StrEnum):
    """How a condition compares."""

    IS = ""
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the filter's text."""

    position: int
    length: int


@dataclass(frozen=True, slots=True)
class Value:
    """What stands behind the colon, or free text."""

    text: str
    at: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression as it was written between slashes, with its escaped slashes already plain ones."""

    text: str
    flags: str
    at: Span
    offsets: tuple[int, ...] = ()
    """Where each character of ``text`` stands in the filter."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing to ask of a row. Without a field it is free text."""

    value: Value | Pattern
    at: Span
    field: str = ""
    field_at: Span = Span(0, 0)
    path: tuple[str | int, ...] = ()
    operator: Operator = Operator.IS

    @property
    def subject(self) -> str:
        """The field as it is named to the user."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f"{self.field}{steps}"


@dataclass(frozen=True, slots=True)
class Not:
    """True where *term* is not."""

    term: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """True where every term is; of none, always."""

    terms: tuple["Node", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Some:
    """True where one term is."""

    terms: tuple["Node", ...]


Node = Condition | Not | All | Some
