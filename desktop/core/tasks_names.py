"""Which known task a typed name means: the one itself, or those it may have been meant to be."""

from collections.abc import Sequence
from difflib import get_close_matches

from embedded_server.contracts.tasks import TaskName

MAX_SUGGESTIONS = 3


def find_name(names: Sequence[TaskName], typed: str) -> TaskName | None:
    """Answer the task of exactly that name."""
    typed = typed.strip()
    return next((known for known in names if known.name == typed), None)


def near_names(names: Sequence[TaskName], typed: str) -> list[str]:
    """Answer the names *typed* may have been meant to be, the nearest first; none for an empty or a known one."""
    typed = typed.strip()
    known = [item.name for item in names]
    if not typed or typed in known:
        return []
    folded = typed.casefold()
    containing = [name for name in known if folded in name.casefold()]
    return [*containing, *(n for n in get_close_matches(typed, known, MAX_SUGGESTIONS, 0.6) if n not in containing)][:MAX_SUGGESTIONS]
