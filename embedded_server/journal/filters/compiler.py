"""From a tree to parameterised SQL: no word of the user's ever becomes part of the statement."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from embedded_server.contracts.filters import FieldType
from embedded_server.journal.filters.documents import document_condition
from embedded_server.journal.filters.kinds import kind_codes
from embedded_server.journal.filters.parser import parse
from embedded_server.journal.filters.problems import (
    BadPathError,
    MisspeltFieldError,
    NoOrderError,
    NoPatternError,
    UnknownFieldError,
)
from embedded_server.journal.filters.sql import Sql, compared, either, ranged, searched, text_contains, text_is
from embedded_server.journal.filters.syntax import All, Condition, Node, Not, Operator, Pattern, Some, Span, Value
from embedded_server.journal.filters.values import Moment, duration_of, moment_of, number, number_of, size_of
from embedded_server.journal.filters.vocabulary import SqlField, Vocabulary

RANGE: Final = ".."


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A boolean SQL expression and its parameters."""

    sql: str = "1"
    params: tuple[str | int | float, ...] = ()

    @property
    def matches_all(self) -> bool:
        """Whether every row matches, so that none needs to be looked at."""
        return self.sql == "1"


def compile_filter(text: str, vocabulary: Vocabulary, *, now: datetime | None = None) -> CompiledFilter:
    """Compile *text* for the rows that *vocabulary* describes. Raises `FilterError`, and nothing else whatever *text* is.

    Ages such as ``-5m`` count from *now*, the moment of compiling.
    """
    readable = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate becomes one question mark, so positions hold
    node = parse(readable)
    compiled = _Compiler(vocabulary, now or datetime.now().astimezone()).node(node)
    return CompiledFilter(compiled.text, compiled.params)


class _Compiler:
    def __init__(self, vocabulary: Vocabulary, now: datetime) -> None:
        self._vocabulary = vocabulary
        self._now = now

    def node(self, node: Node) -> Sql:
        match node:
            case Condition():
                return self._condition(node)
            case Not():
                inner = self.node(node.term)
                return Sql(f"not coalesce({inner.text}, 0)", inner.params)
            case All():
                return _joined(" and ", (self.node(term) for term in node.terms)) if node.terms else Sql("1")
            case Some():
                return _joined(" or ", (self.node(term) for term in node.terms))

    def _condition(self, condition: Condition) -> Sql:
        if not condition.field:
            return self._free_text(condition.value)
        document = self._vocabulary.documents.get(condition.field)
        if document is not None:
            return document_condition(document, condition)
        known = self._vocabulary.fields.get(condition.field)
        if known is None:
            raise self._unknown(condition)
        if condition.path:
            raise BadPathError(condition.field_at.position, condition.field_at.length, path=condition.subject)
        return _COMPILERS[known.field.type](self, known, condition)

    def _free_text(self, value: Value | Pattern) -> Sql:
        if isinstance(value, Pattern):
            return searched(self._vocabulary.text, value)
        return either(text_contains(column, value) for column in self._vocabulary.text)

    def _unknown(self, condition: Condition) -> UnknownFieldError | MisspeltFieldError:
        names = [*self._vocabulary.fields, *self._vocabulary.documents]
        at = condition.field_at
        close = difflib.get_close_matches(condition.field.lower(), names, 1)
        if close:
            return MisspeltFieldError(at.position, at.length, field=condition.field, suggestion=close[0], fields=", ".join(names))
        return UnknownFieldError(at.position, at.length, field=condition.subject, fields=", ".join(names))

    # -- one for each type of field

    def text(self, known: SqlField, condition: Condition) -> Sql:
        value = condition.value
        if isinstance(value, Pattern):
            return searched((known.sql,), value)
        limits = None if value.quoted or condition.operator is not Operator.IS else _limits(value)
        if limits is not None and all(number(limit.text) is not None for limit in limits if limit is not None):
            return _as_number(known.sql, ranged(f"cast({known.sql} as real)", *_numbers(limits)))
        if condition.operator is Operator.IS:
            return text_is(known.sql, value)
        if value.quoted or number(value.text) is None:
            raise NoOrderError(
                condition.at.position, condition.at.length, field=condition.subject, operator=condition.operator.value, value=value.text
            )
        return _as_number(known.sql, compared(f"cast({known.sql} as real)", condition.operator, number_of(value)))

    def kind(self, known: SqlField, condition: Condition) -> Sql:
        value = condition.value
        if isinstance(value, Pattern):
            raise NoPatternError(value.at.position, value.at.length, field=condition.subject)
        if condition.operator is not Operator.IS:
            raise NoOrderError(
                condition.at.position, condition.at.length, field=condition.subject, operator=condition.operator.value, value=value.text
            )
        return Sql(f"{known.sql} in ({', '.join(map(str, kind_codes(value)))})")

    def size(self, known: SqlField, condition: Condition) -> Sql:
        return self._ordered(known, condition, size_of)

    def duration(self, known: SqlField, condition: Condition) -> Sql:
        return self._ordered(known, condition, duration_of)

    def number(self, known: SqlField, condition: Condition) -> Sql:
        return self._ordered(known, condition, number_of)

    def _ordered(self, known: SqlField, condition: Condition, read: Callable[[Value], int | float]) -> Sql:
        value = _no_pattern(condition)
        limits = _limits(value) if condition.operator is Operator.IS else None
        if limits is None:
            return compared(known.sql, condition.operator, read(value))
        low, high = limits
        return ranged(known.sql, None if low is None else read(low), None if high is None else read(high))

    def time(self, known: SqlField, condition: Condition) -> Sql:
        value = _no_pattern(condition)
        limits = _limits(value) if condition.operator is Operator.IS else None
        if limits is not None:
            low, high = limits
            first = None if low is None else moment_of(low, self._now).start
            last = None if high is None else _last(moment_of(high, self._now))
            return ranged(known.sql, first, last)
        moment = moment_of(value, self._now)
        match condition.operator:
            case Operator.IS if not moment.open_end:
                return ranged(known.sql, moment.start, _last(moment))
            case Operator.IS | Operator.AT_LEAST:
                return compared(known.sql, Operator.AT_LEAST, moment.start)
            case Operator.ABOVE:
                return compared(known.sql, Operator.AT_LEAST, moment.end)
            case Operator.BELOW:
                return compared(known.sql, Operator.BELOW, moment.start)
            case Operator.AT_MOST:
                return compared(known.sql, Operator.AT_MOST, _last(moment))


_COMPILERS: Final[dict[FieldType, Callable[[_Compiler, SqlField, Condition], Sql]]] = {
    FieldType.TEXT: _Compiler.text,
    FieldType.KIND: _Compiler.kind,
    FieldType.SIZE: _Compiler.size,
    FieldType.TIME: _Compiler.time,
    FieldType.DURATION: _Compiler.duration,
    FieldType.NUMBER: _Compiler.number,
}


def _joined(joint: str, parts: Iterable[Sql]) -> Sql:
    listed = list(parts)
    return Sql("(" + joint.join(part.text for part in listed) + ")", tuple(param for part in listed for param in part.params))


def _last(moment: Moment) -> int:
    return max(moment.start, moment.end - 1)


def _no_pattern(condition: Condition) -> Value:
    if isinstance(condition.value, Pattern):
        raise NoPatternError(condition.value.at.position, condition.value.at.length, field=condition.subject)
    return condition.value


def _limits(value: Value) -> tuple[Value | None, Value | None] | None:
    """The ends of a range such as ``1kB..2kB``; either may be left out, not both."""
    low, dots, high = value.text.partition(RANGE)
    if value.quoted or not dots or not (low or high):
        return None
    begin = value.at.position
    return (
        Value(low, Span(begin, len(low))) if low else None,
        Value(high, Span(begin + len(low) + len(RANGE), len(high))) if high else None,
    )


def _numbers(limits: tuple[Value | None, Value | None]) -> tuple[int | float | None, int | float | None]:
    low, high = limits
    return None if low is None else number_of(low), None if high is None else number_of(high)


def _as_number(column: str, comparison: Sql) -> Sql:
    """*comparison* where *column* holds digits, such as an HTTP status; not where it holds a word."""
    return Sql(f"({column} glob '[0-9]*' and {column} not glob '*[^0-9.]*' and {comparison.text})", comparison.params)
