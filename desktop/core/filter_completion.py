"""What the filter box offers while one types: fields, operators, values. Pure: text and cursor in, offers out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop.core.feed_filter import quoted
from desktop.core.i18n import N_
from embedded_server.contracts.events import Kind
from embedded_server.contracts.filters import Field, FieldType
from embedded_server.contracts.tasks import TaskState

MAX_OFFERS: Final = 50

_PATHS: Final = (
    Field("body", FieldType.TEXT, N_("A place in a JSON body: body.order.id:42")),
    Field("headers", FieldType.TEXT, N_("A header: headers.content-type:json")),
)
_JOINS: Final = (
    ("AND", N_("Both sides match")),
    ("OR", N_("Either side matches")),
    ("NOT", N_("What follows does not match")),
)
_EXAMPLES: Final = {
    FieldType.SIZE: (
        (">1kB", N_("Larger than 1,000 bytes")),
        ("<100", N_("Smaller than 100 bytes")),
        (">1MiB", N_("Larger than 1,048,576 bytes")),
    ),
    FieldType.TIME: ((">-5m", N_("In the last five minutes")), (">-1h", N_("In the last hour")), ("<-1d", N_("More than a day ago"))),
    FieldType.DURATION: ((">1s", N_("Longer than a second")), ("<250ms", N_("Shorter than 250 milliseconds"))),
    FieldType.NUMBER: ((">0", N_("More than 0")), ("0", N_("Exactly 0"))),
}
_COMPARISONS: Final = "<>="


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the completion list."""

    text: str
    """What stands in the place of the unfinished word once it is taken."""
    help: str = ""
    """Marked with ``N_``; translated where it is shown."""
    is_open: bool = False
    """More has to be typed right behind it, such as the value behind ``kind:``."""


@dataclass(frozen=True, slots=True)
class Completion:
    """All there is to offer at a place."""

    start: int
    """Where the unfinished word begins ..."""
    end: int
    """... and where it ends; taking an offer replaces ``start .. end``."""
    offers: tuple[Offer, ...] = ()
    field: str = ""
    """A field whose values in the journal would complete this, to be asked for by `prefix`."""
    prefix: str = ""

    def take(self, text: str, offer: Offer) -> tuple[str, int]:
        """Answer the text with the offer taken, and where the cursor stands then."""
        after = text[self.end :]
        gap = "" if offer.is_open or after.startswith((" ", ")")) else " "
        before = f"{text[: self.start]}{offer.text}{gap}"
        return before + after, len(before) + (0 if gap or offer.is_open else 1 if after.startswith(" ") else 0)


def complete(text: str, cursor: int, fields: Sequence[Field], values: Sequence[str] = ()) -> Completion:
    """Answer what can stand at the cursor. *values* are those known of the field that an earlier answer named."""
    start, in_regex = _word_start(text, cursor)
    word = text[start:cursor]
    if in_regex:
        return Completion(cursor, cursor)
    sign = "-" if word.startswith("-") else ""
    name, colon, value = word[len(sign) :].partition(":")
    if not colon:
        return Completion(start, cursor, tuple(_names(text[:start], sign, name, fields))[:MAX_OFFERS])
    field = next((f for f in fields if f.name == name.lower()), None)
    at = start + len(sign) + len(name) + 1
    if field is None:
        return Completion(at, cursor)
    return _values(field, value, at, cursor, values)


def _word_start(text: str, cursor: int) -> tuple[int, bool]:
    """Where the word under the cursor begins, and whether it is inside a regular expression: nothing to offer there."""
    start, quote, regex = 0, False, False
    i = 0
    while i < cursor:
        char = text[i]
        if char == "\\" and (quote or regex):
            i += 1
        elif char == '"' and not regex:
            quote = not quote
        elif char == "/" and not quote and (regex or i == start or text[i - 1] == ":"):
            regex = not regex
        elif char in " \t()" and not quote and not regex:
            start = i + 1
        i += 1
    return min(start, cursor), regex


def _names(before: str, sign: str, prefix: str, fields: Sequence[Field]) -> list[Offer]:
    lowered = prefix.lower()
    offers = [Offer(f"{sign}{f.name}:", f.help, is_open=True) for f in fields if f.name.startswith(lowered)]
    offers += [Offer(f"{sign}{f.name}.", f.help, is_open=True) for f in _PATHS if f.name.startswith(lowered)]
    if prefix and len(offers) < 3:
        offers += [Offer(f"{sign}{f.name}:", f.help, is_open=True) for f in fields if lowered in f.name and not f.name.startswith(lowered)]
    stripped = before.rstrip()
    if stripped and not sign and stripped.rpartition(" ")[2] not in {"AND", "OR", "NOT", "("}:
        offers += [Offer(word, help_) for word, help_ in _JOINS if word.lower().startswith(lowered)]
    elif not sign and "not".startswith(lowered):
        offers += [Offer(*_JOINS[2])]
    return offers


def _values(field: Field, value: str, at: int, cursor: int, known: Sequence[str]) -> Completion:
    examples = _EXAMPLES.get(field.type)
    if examples is not None:
        return Completion(at, cursor, tuple(Offer(text, help_) for text, help_ in examples if text.startswith(value) and text != value))
    bare = value.lstrip(_COMPARISONS).lstrip('"')
    lowered = bare.lower()
    words = [*_fixed_values(field), *known]
    first = [w for w in words if w.lower().startswith(lowered)]
    inside = [w for w in words if lowered in w.lower() and not w.lower().startswith(lowered)]
    offers = tuple(Offer(quoted(w)) for w in dict.fromkeys(first + inside) if w != bare or w != value)
    is_local = field.type is FieldType.KIND or field.name == "state"
    return Completion(at, cursor, offers[:MAX_OFFERS], "" if is_local else field.name, bare)


def _fixed_values(field: Field) -> list[str]:
    if field.type is FieldType.KIND:
        groups = dict.fromkeys(kind.group for kind in Kind)
        return [*groups, *(kind.value for kind in Kind)]
    if field.name == "state":
        return [state.value for state in TaskState]
    return []
