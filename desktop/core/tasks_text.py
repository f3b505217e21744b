"""A task's parts as text to read and to copy: JSON laid out, Python reprs as they came."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from embedded_server.contracts.tasks import TaskDetail

MAX_SHOWN_CHARS: Final = 100_000
"""More is shown on demand: one paragraph of a million characters holds the window for a second."""


MAX_WRAPPED_CHARS: Final = 10_000
"""Qt breaks a line in time that grows with its square: 100,000 characters take 0.8 s, not broken 0.03 s."""


def longest_line(text: str) -> int:
    """Answer the length of the longest line."""
    return max(map(len, text.split("\n")), default=0)


@dataclass(frozen=True, slots=True)
class Readable:
    """A text, and its value where it is JSON."""

    text: str
    is_json: bool = False
    value: Any = None

    @property
    def is_tree(self) -> bool:
        """Whether there is something to fold and unfold."""
        return self.is_json and isinstance(self.value, (dict, list)) and bool(self.value)


def readable(text: str) -> Readable:
    """Lay *text* out where it is JSON. May take a while for megabytes: call it off the loop then."""
    if not text:
        return Readable("")
    try:
        value = json.loads(text)
        laid_out = json.dumps(value, ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return Readable(text)
    return Readable(laid_out, is_json=True, value=value)


def detail_as_json(detail: TaskDetail) -> str:
    """Answer a task for the clipboard, its result as the value it is."""
    plain = asdict(detail)
    result = readable(detail.result)
    if result.is_json:
        plain["result"] = result.value
    return json.dumps(plain, ensure_ascii=False, indent=2)
