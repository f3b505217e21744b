"""The pieces of SQL that conditions compile to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from embedded_server.journal.filters.functions import SEARCH
from embedded_server.journal.filters.patterns import checked
from embedded_server.journal.filters.syntax import Operator, Pattern, Value

Param = str | int | float


@dataclass(frozen=True, slots=True)
class Sql:
    """A boolean expression and the parameters of its question marks, in order."""

    text: str
    params: tuple[Param, ...] = ()


def either(parts: Iterable[Sql]) -> Sql:
    """True where one of *parts* is."""
    listed = list(parts)
    return Sql("(" + " or ".join(part.text for part in listed) + ")", tuple(param for part in listed for param in part.params))


def compared(expression: str, operator: Operator, value: Param) -> Sql:
    """Compare *expression* with *value*."""
    sign = "=" if operator is Operator.IS else operator.value
    return Sql(f"{expression} {sign} ?", (value,))


def ranged(expression: str, low: Param | None, high: Param | None) -> Sql:
    """From *low* to *high*, both included; an end may be open."""
    if low is None:
        return Sql(f"{expression} <= ?", (high or 0,))
    if high is None:
        return Sql(f"{expression} >= ?", (low,))
    return Sql(f"{expression} between ? and ?", (low, high))


def text_contains(expression: str, value: Value) -> Sql:
    """*value* anywhere in a text, upper and lower case alike; ``*`` in it stands for any characters unless it is quoted."""
    return Sql(rf"{expression} like ? escape '\'", (f"%{_like(value)}%",))


def text_is(expression: str, value: Value) -> Sql:
    """A text that is *value*, upper and lower case alike; ``*`` stands for any characters, alone for any text at all."""
    if value.quoted or "*" not in value.text:
        return Sql(f"{expression} = ? collate nocase", (value.text,))
    if not value.text.strip("*"):
        return Sql(f"{expression} <> ''")
    return Sql(rf"{expression} like ? escape '\'", (_like(value),))


def _like(value: Value) -> str:
    text = value.text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return text if value.quoted else text.replace("*", "%")


def searched(expressions: Sequence[str], pattern: Pattern) -> Sql:
    """A regular expression in any of some texts.

    Python runs it, a hundred times slower than SQLite looks for a piece of text: where the expression requires some text to be
    there, only rows that have it are handed over.
    """
    expression = checked(pattern)
    found = Sql(f"{SEARCH}(?, {', '.join(expressions)})", (expression.text,))
    if not expression.literal:
        return found
    hints = [_has(column, expression.literal, ignores_case=expression.ignores_case) for column in expressions]
    hint = either(hints)
    return Sql(f"({hint.text} and {found.text})", hint.params + found.params)


def _has(column: str, literal: str, *, ignores_case: bool) -> Sql:
    if ignores_case:
        escaped = literal.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return Sql(rf"{column} like ? escape '\'", (f"%{escaped}%",))
    return Sql(f"instr({column}, ?) > 0", (literal,))
