"""kombu, which says of itself that it is typed and is not: one place to step around it."""

from typing import Any


def kombu() -> Any:
    """Answer the package, imported at first use."""
    import kombu as package

    return package
