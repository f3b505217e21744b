"""Generated fields: ``{{uuid}}``, ``{{int:1:100}}``, ``{{name@de_DE}}`` in texts, filled anew for each message.

A text is compiled once and filled often. The same seed fills the same values, but for those that tell the time.
"""

import difflib
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from embedded_server.contracts.filling import GeneratedField
from embedded_server.core.filling_problems import FieldArguments, UnknownField, UnknownLocale

if TYPE_CHECKING:
    from faker import Faker

OPEN: Final = "{{"
CLOSE: Final = "}}"
ESCAPED: Final = "{{{{"
USUAL_LOCALE: Final = "en_US"

Fill = Callable[["Source"], str]
"""Answers a field's value for one message."""


class Source:
    """Where values come from: a random generator, and the number of the message."""

    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed)  # noqa: S311 - made-up data, not secrets
        self.number = 0
        self._seed = seed
        self._fakers: dict[str, Faker] = {}

    def next(self) -> None:
        """Go on to the next message."""
        self.number += 1

    def faker(self, locale: str) -> "Faker":
        """Answer the faker of *locale*. Raises `UnknownLocale`."""
        faker = self._fakers.get(locale)
        if faker is None:
            from faker import Faker

            try:
                faker = Faker(locale)
            except AttributeError as exc:
                raise UnknownLocale(locale=locale[:40]) from exc
            faker.seed_instance(self.random.getrandbits(64) if self._seed is None else self._seed)
            self._fakers[locale] = faker
        return faker


@dataclass(frozen=True, slots=True)
class _Kind:
    """One field of our own: how it is written, and what makes its fill of the words behind its colon."""

    example: str
    make: Callable[[list[str]], Fill]


def _int(arguments: list[str]) -> Fill:
    low, high = (int(arguments[0]), int(arguments[1])) if arguments else (0, 1_000_000)
    if low > high:
        raise ValueError
    return lambda source: str(source.random.randint(low, high))


def _float(arguments: list[str]) -> Fill:
    low, high = (float(arguments[0]), float(arguments[1])) if arguments else (0.0, 1.0)
    digits = int(arguments[2]) if len(arguments) > 2 else 2
    return lambda source: f"{source.random.uniform(low, high):.{digits}f}"


def _choice(arguments: list[str]) -> Fill:
    if not arguments:
        raise ValueError
    return lambda source: source.random.choice(arguments)


def _hex(arguments: list[str]) -> Fill:
    length = int(arguments[0]) if arguments else 16
    if not 0 < length <= 65_536:
        raise ValueError
    return lambda source: f"{source.random.getrandbits(4 * length):0{length}x}"


def _number(arguments: list[str]) -> Fill:
    first = int(arguments[0]) if arguments else 1
    return lambda source: str(source.number - 1 + first)


def _past(arguments: list[str]) -> Fill:
    days = float(arguments[0]) if arguments else 30.0

    def fill(source: Source) -> str:
        at = datetime.now(UTC) - timedelta(seconds=source.random.uniform(0, days * 86_400))
        return at.isoformat(timespec="seconds").replace("+00:00", "Z")

    return fill


def _simple(value: Fill) -> Callable[[list[str]], Fill]:
    def make(arguments: list[str]) -> Fill:
        if arguments:
            raise ValueError
        return value

    return make


def _iso(_: Source) -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_OWN: Final[Mapping[str, _Kind]] = {
    "uuid": _Kind("{{uuid}}", _simple(lambda source: str(uuid.UUID(int=source.random.getrandbits(128), version=4)))),
    "n": _Kind("{{n}}", _number),
    "now": _Kind("{{now}}", _simple(lambda _: str(int(time.time())))),
    "now_ms": _Kind("{{now_ms}}", _simple(lambda _: str(time.time_ns() // 1_000_000))),
    "iso": _Kind("{{iso}}", _simple(_iso)),
    "past": _Kind("{{past:30}}", _past),
    "int": _Kind("{{int:1:100}}", _int),
    "float": _Kind("{{float:0:1:2}}", _float),
    "bool": _Kind("{{bool}}", _simple(lambda source: "true" if source.random.random() < 0.5 else "false")),
    "choice": _Kind("{{choice:red:green:blue}}", _choice),
    "hex": _Kind("{{hex:16}}", _hex),
}
_FAKED: Final[Mapping[str, str]] = {
    "name": "name",
    "first_name": "first_name",
    "last_name": "last_name",
    "user_name": "user_name",
    "email": "ascii_safe_email",
    "phone": "phone_number",
    "company": "company",
    "job": "job",
    "street": "street_address",
    "city": "city",
    "postcode": "postcode",
    "country": "country",
    "country_code": "country_code",
    "latitude": "latitude",
    "longitude": "longitude",
    "word": "word",
    "sentence": "sentence",
    "paragraph": "paragraph",
    "url": "url",
    "domain": "domain_name",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "mac": "mac_address",
    "user_agent": "user_agent",
    "file_name": "file_name",
    "mime_type": "mime_type",
    "date": "date",
    "time": "time",
    "currency": "currency_code",
    "iban": "iban",
    "card": "credit_card_number",
    "ean": "ean13",
    "colour": "hex_color",
    "timezone": "timezone",
    "licence_plate": "license_plate",
}
"""Field names, and the faker provider's method behind each."""


class Template:
    """A compiled text."""

    def __init__(self, text: str) -> None:
        self._parts: list[str | Fill] = list(_parsed(text))

    @property
    def is_constant(self) -> bool:
        """Whether it has no fields."""
        return not any(callable(part) for part in self._parts)

    def fill(self, source: Source) -> str:
        """Answer the text with its fields filled."""
        return "".join([part if isinstance(part, str) else part(source) for part in self._parts])


def _parsed(text: str) -> list[str | Fill]:
    parts: list[str | Fill] = []
    at = 0
    while True:
        begin = text.find(OPEN, at)
        if begin < 0:
            parts.append(text[at:])
            return parts
        if text.startswith(ESCAPED, begin):
            parts.append(text[at : begin + 2])
            at = begin + 4
            continue
        end = text.find(CLOSE, begin)
        if end < 0:
            parts.append(text[at:])
            return parts
        parts += (text[at:begin], field_of(text[begin + 2 : end].strip()))
        at = end + 2


def field_of(written: str) -> Fill:
    """Answer what fills the field written so between the braces. Raises `UnknownField`, `FieldArguments`, `UnknownLocale`."""
    name, *arguments = written.split(":")
    name, _, locale = name.strip().partition("@")
    own = _OWN.get(name)
    if own is not None:
        try:
            return own.make([argument.strip() for argument in arguments])
        except (ValueError, IndexError) as exc:
            raise FieldArguments(name=written[:60], example=own.example) from exc
    method = _FAKED.get(name)
    if method is None:
        raise UnknownField(name=written[:60], near=_near(name))
    if arguments:
        raise FieldArguments(name=written[:60], example=f"{OPEN}{name}{CLOSE}")
    wanted = locale or USUAL_LOCALE
    faker = Source(0).faker(wanted)
    if not hasattr(faker, method):
        raise UnknownLocale(locale=wanted)
    return lambda source: str(getattr(source.faker(wanted), method)())


def _near(name: str) -> str:
    names = [*_OWN, *_FAKED]
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    return ", ".join(near or ["uuid", "n", "name"])


def generated_fields() -> list[GeneratedField]:
    """Answer every field there is, with an example of what it becomes. Imports faker: call it off the loop."""
    source = Source(7)
    source.next()
    written = [kind.example.strip("{}") for kind in _OWN.values()] + list(_FAKED)
    return [GeneratedField(field, field_of(field)(source)) for field in written]


def templates_in(value: Any) -> bool:
    """Answer whether any text within *value* may hold a field."""
    if isinstance(value, str):
        return OPEN in value
    if isinstance(value, Mapping):
        return any(templates_in(one) for one in value.values())
    return isinstance(value, list) and any(templates_in(one) for one in value)


def filler(value: Any) -> Callable[[Source], Any]:
    """Compile every text within *value*, JSON of any shape; the answer gives *value* filled. Raises as `field_of` does."""
    if isinstance(value, str) and OPEN in value:
        return Template(value).fill
    if isinstance(value, list) and templates_in(value):
        items = [filler(one) for one in value]
        return lambda source: [item(source) for item in items]
    if isinstance(value, Mapping) and templates_in(value):
        fields = {name: filler(one) for name, one in value.items()}
        return lambda source: {name: field(source) for name, field in fields.items()}
    return lambda _: value
