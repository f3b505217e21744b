"""What a setting of a topic is, and how its values are checked, in the words of Kafka's ConfigDef."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

FOREVER: Final = 2**63 - 1
INT_MAX: Final = 2**31 - 1


class ConfigType(IntEnum):
    """Kafka's types of settings, by their numbers in DescribeConfigs."""

    BOOLEAN = 1
    STRING = 2
    INT = 3
    SHORT = 4
    LONG = 5
    DOUBLE = 6
    LIST = 7
    CLASS = 8
    PASSWORD = 9


class ConfigSource(IntEnum):
    """Where a setting's value comes from."""

    TOPIC = 1
    STATIC_BROKER = 4
    DEFAULT = 5


class InvalidConfig(ValueError):
    """A setting that is not to be had, in Kafka's words."""


@dataclass(frozen=True, slots=True)
class ConfigDef:
    """One setting of a topic."""

    name: str
    type: ConfigType
    default: str
    doc: str
    check: Callable[[str], str | None]
    """What is wrong with a value, in Kafka's words; nothing where it may be had."""
    broker_name: str = ""
    """The broker's own setting, which gives the default."""

    def validate(self, text: str) -> None:
        """Raise ``InvalidConfig`` where *text* is no value for it."""
        fault = self.check(text.strip())
        if fault is not None:
            raise InvalidConfig(f"Invalid value {fault.replace('{name}', self.name)}")


def number(kind: ConfigType, least: int | None = None, most: int | None = None, *, also: int | None = None) -> Callable[[str], str | None]:
    """A whole number from *least* to *most*, or *also*."""
    limit = INT_MAX if kind is ConfigType.INT else FOREVER

    def check(text: str) -> str | None:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not -limit - 1 <= value <= limit or "_" in text:
            return f"{text} for configuration {{name}}: Not a number of type {kind.name}"
        if value == also:
            return None
        if also is not None and least is not None and most is not None and not least <= value <= most:
            return f"{value} for configuration {{name}}: Value must be between {least} and {most} or equal to {also}"
        if least is not None and value < least:
            return f"{value} for configuration {{name}}: Value must be at least {least}"
        if most is not None and value > most:
            return f"{value} for configuration {{name}}: Value must be no more than {most}"
        return None

    return check


def ratio(text: str) -> str | None:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        return f"{text} for configuration {{name}}: Not a number of type DOUBLE"
    if value > 1:
        return f"{value} for configuration {{name}}: Value must be no more than 1"
    return None if value >= 0 else f"{value} for configuration {{name}}: Value must be at least 0"


def flag(text: str) -> str | None:
    """True or false."""
    return None if text.lower() in {"true", "false"} else f"{text} for configuration {{name}}: Expected value to be either true or false"


def one_of(*values: str) -> Callable[[str], str | None]:
    """One of the *values*."""
    return lambda text: None if text in values else f"{text} for configuration {{name}}: String must be one of: {', '.join(values)}"


def some_of(*values: str) -> Callable[[str], str | None]:
    """Any of the *values*, separated by commas."""

    def check(text: str) -> str | None:
        wrong = next((one for one in items(text) if one not in values), None)
        return None if wrong is None else f"{wrong} for configuration {{name}}: String must be one of: {', '.join(values)}"

    return check


def replicas(text: str) -> str | None:
    """Replicas as ``partition:broker``, or all."""
    if text in {"", "*"} or all(_is_replica(one) for one in items(text)):
        return None
    return (
        f"[{', '.join(items(text))}] for configuration {{name}}: {{name}} must be the literal '*' or a list of replicas in the following "
        "format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
    )


def _is_replica(text: str) -> bool:
    partition, _, broker = text.partition(":")
    return partition.isdecimal() and broker.isdecimal()


def items(text: str) -> list[str]:
    """The items of a list's text."""
    return [one.strip() for one in text.split(",") if one.strip()]
