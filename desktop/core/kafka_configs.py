"""Settings of a topic as somebody types them: what the common ones mean, how a value is read, and what differs from before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.i18n import N_, tr
from desktop.core.kafka_values import duration_ms, duration_text, size_of, size_text
from desktop.core.states import UNKNOWN
from embedded_server.contracts.kafka import AlterConfigs, ConfigEntry, ConfigSource
from embedded_server.contracts.problems import ProblemDetails

NO_LIMIT: Final = str(2**63 - 1)
"""What Kafka writes for no limit at all."""
HIDDEN: Final = "••••"
INT_BITS: Final = {"int": 32, "short": 16, "long": 64}


class Unit(StrEnum):
    """How the value of a common setting is typed."""

    DURATION = "duration"
    SIZE = "size"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Common:
    """A setting that has a field of its own."""

    name: str
    label: str
    unit: Unit
    example: str
    help: str
    choices: tuple[str, ...] = ()


COMMON: Final = (
    Common("retention.ms", N_("Keep for"), Unit.DURATION, "7d", N_("Older records go, a segment at a time; -1 keeps them for ever")),
    Common("retention.bytes", N_("Keep at most, a partition"), Unit.SIZE, "-1", N_("The oldest segments go when it grows beyond")),
    Common("max.message.bytes", N_("Largest batch"), Unit.SIZE, "1 MiB", N_("A batch of records that is larger is refused")),
    Common("min.insync.replicas", N_("Replicas in sync, at least"), Unit.NUMBER, "1", N_("With fewer, producing with acks=all is refused")),
    Common(
        "compression.type",
        N_("Compression"),
        Unit.CHOICE,
        "",
        N_("producer keeps batches as they are sent; anything else packs them anew"),
        ("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
    ),
)
POLICY: Final = "cleanup.policy"
POLICIES: Final = (("", N_("Default")), ("delete", N_("Delete")), ("compact", N_("Compact")), ("compact,delete", N_("Both")))


def read_common(common: Common, text: str) -> tuple[str, Fault | None]:
    """Answer a common setting's value as Kafka writes it, or what is wrong with what was typed."""
    text = text.strip()
    if common.unit is Unit.DURATION:
        millis = duration_ms(text)
        return str(millis), None if millis is not None else Fault(N_("This is no length of time"), N_("Write such as 7d, 36h or -1."))
    if common.unit is Unit.SIZE:
        count = size_of(text)
        return str(count), None if count is not None else Fault(N_("This is no size"), N_("Write such as 1 MiB, 500 kB or bytes."))
    if common.unit is Unit.NUMBER and not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        return text, Fault(N_("This is no number"), N_("Write a whole number from 1."))
    return text, None


def check_config(type_: str, text: str) -> Fault | None:
    """Answer why a setting of the broker's *type_* cannot have this value, or None; what the broker alone knows it says itself."""
    text = text.strip()
    if type_ in INT_BITS:
        digits = text.removeprefix("-")
        edge = 1 << (INT_BITS[type_] - 1)
        if not (digits.isascii() and digits.isdigit() and -edge <= int(text) < edge):
            return Fault(N_("This is no whole number"), N_("Write digits alone, in the setting's own unit."))
    if type_ == "double":
        try:
            float(text)
        except ValueError:
            return Fault(N_("This is no number"), N_("Write such as 0.5."))
    if type_ == "boolean" and text.lower() not in {"true", "false"}:
        return Fault(N_("This is neither true nor false"), N_("Write one of them."))
    return None


def entry_words(entry: ConfigEntry) -> str:
    """Write a setting's value for people; one that is sensitive is hidden, and none is no value."""
    if entry.sensitive:
        return HIDDEN
    return UNKNOWN if entry.value is None else value_words(entry.name, entry.value)


def value_words(name: str, value: str) -> str:
    """Write a value for people: with its unit where the setting's name tells one."""
    if value == NO_LIMIT or (value == "-1" and name.startswith("retention.")):
        return tr("no limit")
    if value.isdigit() and name.endswith(".ms"):
        return f"{value} ({duration_text(int(value))})" if int(value) >= 1000 else value
    if value.isdigit() and name.endswith(".bytes"):
        words = size_text(int(value))
        return f"{value} ({words})" if words != value else value
    return value


def refused_config(problem: ProblemDetails) -> str:
    """Answer the setting that a broker refused, as far as it named one."""
    return str(problem.params.get("config", ""))


@dataclass(frozen=True, slots=True)
class ConfigDraft:
    """One row of settings exactly as typed; *reset* gives it back to the default."""

    name: str = ""
    value: str = ""
    reset: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return not self.name.strip() and not self.value.strip()


def own_rows(configs: Sequence[ConfigEntry]) -> tuple[ConfigDraft, ...]:
    """Answer the settings that the topic itself has, as rows; one whose value is hidden would be set to what its row shows."""
    own = (one for one in configs if one.source is ConfigSource.TOPIC and not one.read_only and not one.sensitive)
    return tuple(ConfigDraft(one.name, one.value or "") for one in own)


def changes_of(topic: str, rows: Sequence[ConfigDraft], configs: Sequence[ConfigEntry]) -> AlterConfigs:
    """Answer what checked *rows* change of what the topic has."""
    before = {one.name: one.value for one in configs if one.source is ConfigSource.TOPIC}
    wanted = {row.name.strip(): row.value.strip() for row in rows if not row.is_blank and not row.reset}
    changed = {name: value for name, value in wanted.items() if before.get(name) != value}
    reset = [row.name.strip() for row in rows if row.reset and row.name.strip() in before]
    return AlterConfigs(topic, changed, reset)


def row_faults(rows: Sequence[ConfigDraft], known: Mapping[str, ConfigEntry]) -> dict[int, Fault]:
    """Answer what is wrong with rows, by their number. A setting that is not *known* is left to the broker."""
    faults: dict[int, Fault] = {}
    seen: set[str] = set()
    for number, row in enumerate(rows):
        name = row.name.strip()
        if row.is_blank or row.reset:
            continue
        if not name:
            faults[number] = Fault(N_("No setting is named"), N_("Choose one of the list."))
        elif name in seen:
            faults[number] = Fault(N_("{name} stands here twice"), N_("Keep one of them."), {"name": name})
        elif name in known and (fault := check_config(known[name].type, row.value)) is not None:
            faults[number] = fault
        seen.add(name)
    return faults
