"""Names that must differ from those there are."""

from collections.abc import Callable


def free_name(wanted: str, is_taken: Callable[[str], bool]) -> str:
    """Answer *wanted*, or with a number behind it where another is called so."""
    if not is_taken(wanted):
        return wanted
    number = 2
    while is_taken(f"{wanted} {number}"):
        number += 1
    return f"{wanted} {number}"
