"""What is wrong with a field of a form."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a name or a value cannot be sent; title and hint are templates over ``params``."""

    title: str
    hint: str
    params: dict[str, str] = field(default_factory=dict)
    of_name: bool = False
