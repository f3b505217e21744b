"""Conditions on a JSON document, such as ``body.order.id:42``: typed, exact, and false where there is no JSON or no such path."""

import json
from typing import Final

from embedded_server.journal.filters.functions import JSON_INTEGER, SEARCH
from embedded_server.journal.filters.patterns import checked
from embedded_server.journal.filters.problems import NoOrderError
from embedded_server.journal.filters.sql import Sql, compared, ranged, text_contains, text_is
from embedded_server.journal.filters.syntax import Condition, Operator, Pattern, Span, Value
from embedded_server.journal.filters.values import MAX_INT, bindable, number

PATTERN_BYTES: Final = 16_384
"""A regular expression looks at this much of a body: beyond it a single row could hold a reader thread for seconds."""
_WORDS: Final = {"true": "true", "false": "false", "null": "null"}


def document_condition(document: str, condition: Condition) -> Sql:
    """Ask the bytes that SQL expression *document* gives; without a path, their text."""
    text = f"cast({document} as text)"
    if not condition.path:
        return _whole(document, text, condition)
    inner = _value(_Node(document, text, condition), condition)
    # SQLite raises an error on malformed JSON, so nothing is asked of it before it is known to be valid.
    return Sql(f"coalesce(case when json_valid({text}) then {inner.text} end, 0)", inner.params)


class _Node:
    """SQL for the type and the value at a path; each use of one binds the path."""

    def __init__(self, document: str, text: str, condition: Condition) -> None:
        self.document = document
        self.path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f'."{step}"' for step in condition.path)
        self.steps = json.dumps(condition.path)
        self.type = f"json_type({text}, ?)"
        self.value = f"json_extract({text}, ?)"

    def typed(self, types: str, value: Sql) -> Sql:
        """*value*, of one of these JSON *types*; asked in this order because most rows fail the first and are spared the second."""
        return Sql(f"({value.text} and {self.type} in ({types}))", (self.path, *value.params, self.path))


def _whole(document: str, text: str, condition: Condition) -> Sql:
    value = condition.value
    if isinstance(value, Pattern):
        return Sql(f"{SEARCH}(?, substr({document}, 1, {PATTERN_BYTES}))", (checked(value).text,))
    if condition.operator is not Operator.IS:
        raise _no_order(condition, value)
    if not value.quoted and value.text and not value.text.strip("*"):
        return Sql(f"{text} <> ''")
    if not value.text:
        return Sql(f"coalesce({text}, '') = ''")
    return text_contains(text, value)


def _value(node: _Node, condition: Condition) -> Sql:
    value = condition.value
    if isinstance(value, Pattern):
        return _pattern(node, value)
    if condition.operator is not Operator.IS:
        return _number(node, condition, value)
    if not value.quoted:
        if value.text and not value.text.strip("*"):
            return Sql(f"{node.type} is not null", (node.path,))
        if value.text in _WORDS:
            return Sql(f"{node.type} = '{_WORDS[value.text]}'", (node.path,))
        limits = _limits(value)
        if limits is not None:
            return node.typed("'integer', 'real'", ranged(node.value, *limits))
        if number(value.text) is not None:
            return _number(node, condition, value)
    return node.typed("'text'", text_is(node.value, value))


def _pattern(node: _Node, pattern: Pattern) -> Sql:
    expression = checked(pattern).text
    return Sql(
        f"({node.type} = 'text' and {SEARCH}(?, substr(cast({node.value} as blob), 1, {PATTERN_BYTES})))",
        (node.path, expression, node.path),
    )


def _number(node: _Node, condition: Condition, value: Value) -> Sql:
    found = None if value.quoted else number(value.text)
    if found is None:
        raise _no_order(condition, value)
    if condition.operator is Operator.IS and isinstance(found, int) and not -MAX_INT - 1 <= found <= MAX_INT:
        return Sql(f"{JSON_INTEGER}({node.document}, ?) = ?", (node.steps, str(found)))
    return node.typed("'integer', 'real'", compared(node.value, condition.operator, bindable(found)))


def _limits(value: Value) -> tuple[int | float | None, int | float | None] | None:
    low, dots, high = value.text.partition("..")
    if not dots or not (low or high):
        return None
    numbers = [number(end) for end in (low, high)]
    if any(end and found is None for end, found in zip((low, high), numbers, strict=True)):
        return None
    first, last = (None if found is None else bindable(found) for found in numbers)
    return first, last


def _no_order(condition: Condition, value: Value) -> NoOrderError:
    at: Span = condition.at
    return NoOrderError(at.position, at.length, field=condition.subject, operator=condition.operator.value, value=value.text)
