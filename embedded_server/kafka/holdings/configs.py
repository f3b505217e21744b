"""A topic's settings: read with where they come from, and what a new topic's would be."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from kafka.protocol.admin import DescribeConfigsRequest

from embedded_server.contracts.kafka import ConfigEntry, ConfigSource
from embedded_server.kafka.holdings.wire import Wire, raise_for

TOPIC: Final = 2
BROKER: Final = 4
"""Kinds of resource (org.apache.kafka.common.config.ConfigResource.Type)."""
_SOURCES: Final = {1: ConfigSource.TOPIC, 2: ConfigSource.BROKER, 3: ConfigSource.BROKER, 4: ConfigSource.STATIC, 5: ConfigSource.DEFAULT}
"""DescribeConfigsResponse.ConfigSource; a version 0 has none, and tells only whether it is the default."""
_NOT_ITS_OWN: Final = {ConfigSource.BROKER, ConfigSource.STATIC, ConfigSource.DEFAULT}
_TYPES: Final = {
    1: "boolean",
    2: "string",
    3: "int",
    4: "short",
    5: "long",
    6: "double",
    7: "list",
    8: "class",
    9: "password",
}
_TAGS: Final = re.compile(r"</?[a-z]+[^<>]*>")
"""Kafka writes its documentation for a web page."""
_UNITS: Final = {".hours": 3_600_000, ".minutes": 60_000}


def read_configs(wire: Wire, topics: Iterable[str], *, whole: bool = True, strict: bool = True) -> dict[str, list[ConfigEntry]]:
    """Answer the settings of *topics* in the order of their names (DescribeConfigs, api key 32).

    *whole* is with documentation and defaults. Raises the first refusal; without *strict* those that are refused are left out.
    """
    resources = [_resource(TOPIC, name) for name in topics]
    response = wire.ask(DescribeConfigsRequest(resources=resources, include_synonyms=whole, include_documentation=whole))
    found = {}
    for one in response.results:
        if strict:
            raise_for(one.error_code, one.error_message)
        if not one.error_code:
            found[one.resource_name] = sorted((entry_of(config) for config in one.configs), key=lambda entry: entry.name)
    return found


def named_in(words: str, names: Iterable[str]) -> str:
    """Answer which of *names* a broker's words are about, the longest where there are some: Kafka names a setting in its message alone."""
    found = (name for name in names if name and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", words))
    return max(found, key=len, default="")


def entry_of(config: Any) -> ConfigEntry:
    """Read one setting out of a DescribeConfigsResponse."""
    source = _SOURCES.get(getattr(config, "config_source", None) or -1)
    if source is None:
        source = ConfigSource.DEFAULT if getattr(config, "is_default", None) else ConfigSource.OTHER
    sensitive = bool(config.is_sensitive)
    return ConfigEntry(
        name=config.name,
        value=None if sensitive else config.value,
        source=source,
        read_only=bool(config.read_only),
        sensitive=sensitive,
        type=_TYPES.get(getattr(config, "config_type", None) or 0, ""),
        default=None if sensitive else _default(config, source),
        documentation=_TAGS.sub("", getattr(config, "documentation", None) or ""),
    )


def changed(entries: Iterable[ConfigEntry]) -> int:
    """Count the settings that the topic itself sets."""
    return sum(entry.source is ConfigSource.TOPIC for entry in entries)


def value_of(entries: Iterable[ConfigEntry], name: str) -> str:
    """Answer one setting's value, or nothing."""
    return next((entry.value or "" for entry in entries if entry.name == name), "")


def new_topic_entries(entries: Iterable[ConfigEntry]) -> list[ConfigEntry]:
    """Answer what a new topic's settings would be, from those of any topic."""
    return [
        replace(
            entry,
            value=entry.value if entry.default is None else entry.default,
            source=ConfigSource.DEFAULT if entry.source is ConfigSource.TOPIC else entry.source,
        )
        for entry in entries
    ]


def _default(config: Any, source: ConfigSource) -> str | None:
    """Answer what it would be without the topic's own: its value, or the next of its synonyms, which come in the order of who wins.

    One without a value leaves it to the next: where ``log.retention.ms`` has none, ``log.retention.hours`` count.
    """
    if source in _NOT_ITS_OWN:
        found: str | None = config.value
        return found
    for synonym in getattr(config, "synonyms", None) or ():
        if _SOURCES.get(synonym.source) is not ConfigSource.TOPIC and synonym.value is not None:
            return _in_unit(config.name, synonym.name, synonym.value)
    return None


def _in_unit(name: str, synonym: str, value: str) -> str:
    """Give a broker's value in the topic's unit: its ``log.retention.hours`` stands for the topic's ``retention.ms``."""
    factor = next((factor for unit, factor in _UNITS.items() if name.endswith(".ms") and synonym.endswith(unit)), 1)
    if factor == 1 or not value.lstrip("-").isdecimal():
        return value
    return str(int(value) * factor) if int(value) >= 0 else value


def _resource(kind: int, name: str) -> Any:
    return DescribeConfigsRequest.DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=None)
