"""DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and ListConfigResources."""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka import config_answers, configs, names
from embedded_server.brokers.kafka.config_rules import ConfigType, InvalidConfig, items
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.logs import Topic


class Resource(IntEnum):
    """What has settings."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16
    GROUP = 32


PLURALS: Final = {Resource.BROKER_LOGGER: "loggers", Resource.CLIENT_METRICS: "client metrics", Resource.GROUP: "groups"}


class Operation(IntEnum):
    """What IncrementalAlterConfigs does with a setting."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class Configs:
    """Tells and changes settings."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    # -- telling

    def describe(self, request: Request) -> Answer:
        """The settings asked for."""
        body = request.body
        shown = {"synonyms": bool(body.include_synonyms), "docs": bool(body.include_documentation)}
        return {"results": [self._described(one, **shown) for one in body.resources]}

    def _described(self, asked: Any, *, synonyms: bool, docs: bool) -> dict[str, Any]:
        told = {"resource_type": asked.resource_type, "resource_name": asked.resource_name}
        keys = asked.configuration_keys
        try:
            if asked.resource_type == Resource.TOPIC:
                topic = self._topic(asked.resource_name)
                entries = config_answers.topic_entries(topic.configs, keys, synonyms=synonyms, docs=docs)
            elif asked.resource_type == Resource.BROKER:
                self._check_broker(asked.resource_name, empty_too=True)
                shown = keys if asked.resource_name else []  # what holds for all brokers: nothing was set
                entries = config_answers.broker_entries(self._broker, shown, synonyms=synonyms, docs=docs)
            elif asked.resource_type in (Resource.BROKER_LOGGER, Resource.CLIENT_METRICS, Resource.GROUP):
                entries = []
            else:
                raise LogFault(ErrorCode.INVALID_REQUEST, f"Unsupported resource type: {asked.resource_type}")  # noqa: TRY301 - faults become codes below
        except LogFault as fault:
            return told | {"error_code": fault.code, "error_message": str(fault), "configs": []}
        return told | {"error_code": ErrorCode.NONE, "error_message": None, "configs": entries}

    def resources(self, request: Request) -> Answer:
        """What has settings: the topics and the broker."""
        wanted = request.body.resource_types if request.version >= 1 else [Resource.CLIENT_METRICS]
        wanted = wanted or [Resource.BROKER, Resource.TOPIC]
        found = [(Resource.BROKER, str(self._broker.node_id))] if Resource.BROKER in wanted else []
        if Resource.TOPIC in wanted:
            found += [(Resource.TOPIC, name) for name in self._broker.logs.topics]
        return {"error_code": ErrorCode.NONE, "config_resources": [{"resource_name": name, "resource_type": kind} for kind, name in found]}

    # -- changing

    def replace(self, request: Request) -> Answer:
        """Give resources other settings; what is not told goes back to its default."""
        return self._changed(request, lambda _, asked: _plain(asked))

    def change(self, request: Request) -> Answer:
        """Change single settings."""
        return self._changed(request, _incremental)

    def _changed(self, request: Request, change: "Callable[[dict[str, str], Any], dict[str, str]]") -> Answer:
        validate_only = bool(request.body.validate_only)
        return {"responses": [self._change(one, change, validate_only=validate_only) for one in request.body.resources]}

    def _change(self, asked: Any, change: "Callable[[dict[str, str], Any], dict[str, str]]", *, validate_only: bool) -> dict[str, Any]:
        told = {"resource_type": asked.resource_type, "resource_name": asked.resource_name}
        try:
            _check_keys(asked)
            if asked.resource_type == Resource.TOPIC:
                self._change_topic(asked, change, validate_only=validate_only)
            else:
                self._leave_as_it_is(asked)
        except InvalidConfig as exc:
            return told | {"error_code": ErrorCode.INVALID_CONFIG, "error_message": str(exc)}
        except LogFault as fault:
            return told | {"error_code": fault.code, "error_message": str(fault)}
        return told | {"error_code": ErrorCode.NONE, "error_message": None}

    def _change_topic(self, asked: Any, change: "Callable[[dict[str, str], Any], dict[str, str]]", *, validate_only: bool) -> None:
        topic = self._topic(asked.resource_name)
        nothing = [one.name for one in asked.configs if one.value is None and not _deletes(one)]
        if nothing:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {','.join(nothing)}")
        settings = configs.tidied(change(topic.configs, asked))
        configs.validate(settings)
        if not validate_only:
            self._broker.logs.set_configs(topic.name, settings)

    def _leave_as_it_is(self, asked: Any) -> None:
        """Only topics have settings of their own: elsewhere nothing can be set, and what was never set may be given back."""
        kind = next((one for one in Resource if one == asked.resource_type), None)
        if kind is None:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"Unknown resource type {asked.resource_type}")
        if kind is Resource.BROKER:
            self._check_broker(asked.resource_name, empty_too=True)
        keys = [one.name for one in asked.configs if not _deletes(one)]
        if keys and kind is Resource.BROKER:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"Cannot update these configs dynamically: [{', '.join(keys)}]")
        if keys:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"The embedded broker keeps no settings for {PLURALS[kind]}: [{', '.join(keys)}]")

    def _topic(self, name: str) -> "Topic":
        fault = names.fault_of(name)
        if fault is not None:
            raise LogFault(ErrorCode.INVALID_TOPIC_EXCEPTION, fault)
        topic = self._broker.logs.topics.get(name)
        if topic is None:
            raise LogFault(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.")
        return topic

    def _check_broker(self, name: str, *, empty_too: bool) -> None:
        if not name and empty_too:
            return
        try:
            number = int(name)
        except ValueError:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {name}") from None
        if number != self._broker.node_id:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"Unexpected broker id, expected {self._broker.node_id}, but received {name}")


def _check_keys(asked: Any) -> None:
    keys = [one.name for one in asked.configs]
    if len(keys) != len(set(keys)):
        raise LogFault(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")


def _deletes(one: Any) -> bool:
    return getattr(one, "config_operation", None) == Operation.DELETE


def _plain(asked: Any) -> dict[str, str]:
    return {one.name: one.value for one in asked.configs}


def _incremental(own: dict[str, str], asked: Any) -> dict[str, str]:
    made = dict(own)
    for one in asked.configs:
        match one.config_operation:
            case Operation.SET:
                made[one.name] = one.value
            case Operation.DELETE:
                made.pop(one.name, None)
            case Operation.APPEND | Operation.SUBTRACT:
                made[one.name] = _edited(made, one)
            case _:
                raise LogFault(ErrorCode.INVALID_REQUEST, f"Unknown operation {one.config_operation}")
    return made


def _edited(own: dict[str, str], asked: Any) -> str:
    verb = Operation(asked.config_operation).name
    known = configs.TOPIC_CONFIGS.get(asked.name)
    if known is None:
        raise InvalidConfig(f"Unknown topic config name: {asked.name}")
    if known.type is not ConfigType.LIST:
        raise InvalidConfig(f"Can't {verb} to key {asked.name} because its type is not LIST.")
    there = items(own.get(asked.name, known.default))
    more = items(asked.value)
    return ",".join(_joined(there, more) if verb == Operation.APPEND.name else (one for one in there if one not in more))


def _joined(there: list[str], more: list[str]) -> Iterable[str]:
    return [*there, *(one for one in more if one not in there)]


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    of_broker = Configs(broker)
    return {
        ApiKey.DESCRIBE_CONFIGS: of_broker.describe,
        ApiKey.ALTER_CONFIGS: of_broker.replace,
        ApiKey.INCREMENTAL_ALTER_CONFIGS: of_broker.change,
        ApiKey.LIST_CONFIG_RESOURCES: of_broker.resources,
    }
