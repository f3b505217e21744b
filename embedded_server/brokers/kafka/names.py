"""Which names topics may have, in Kafka's words."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH: Final = 249
_LEGAL: Final = re.compile(r"[a-zA-Z0-9._\-]+")


def fault_of(name: str) -> str | None:
    """Why no topic may be called *name*, as Kafka says it; nothing where one may."""
    if not name:
        return "Topic name is invalid: the empty string is not allowed"
    if name in {".", ".."}:
        return f"Topic name is invalid: '{name}' is not allowed"
    if len(name) > MAX_LENGTH:
        return f"Topic name is invalid: the length of '{name}' is longer than the max allowed length {MAX_LENGTH}"
    if _LEGAL.fullmatch(name) is None:
        return f"Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    return None


def collision_of(name: str, others: "Iterable[str]") -> str | None:
    """The topic whose metrics would be mixed with those of *name*: Kafka takes a dot for an underscore there."""
    if "." not in name and "_" not in name:
        return None
    plain = name.replace(".", "_")
    return next((one for one in others if one != name and one.replace(".", "_") == plain), None)
