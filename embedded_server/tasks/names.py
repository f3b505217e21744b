"""Which tasks there are to send: the demo app's, with signature and summary, and whatever workers online have registered."""

import difflib
import inspect
from collections.abc import Iterable
from typing import Final

from embedded_server.contracts.tasks import TaskName

NEAR_NAMES: Final = 3


def demo_names() -> list[TaskName]:
    """Answer the demo app's tasks; imports Celery, so call it off the loop."""
    from embedded_server.tasks.demo import EXAMPLE_ARGS, app

    return [_described(name, task.run, EXAMPLE_ARGS.get(name, "[]")) for name, task in sorted(app.tasks.items()) if name in EXAMPLE_ARGS]


def merged(demo: Iterable[TaskName], registered: Iterable[str]) -> list[TaskName]:
    """Answer all by name; of a foreign task only the name is known."""
    known = {name.name: name for name in demo}
    for name in registered:
        known.setdefault(name, TaskName(name, summary="", signature="", example_args="[]"))
    return [known[name] for name in sorted(known)]


def near(name: str, known: Iterable[str]) -> str:
    """Say which known names resemble *name*."""
    names = list(known)
    found = difflib.get_close_matches(name, names, n=NEAR_NAMES, cutoff=0.5)
    if found:
        return f"Did you mean {' or '.join(found)}?"
    return (
        "No worker is online, or none has told its tasks." if not names else f"{len(names)} names are known; GET /tasks/names lists them."
    )


def _described(name: str, function: object, example: str) -> TaskName:
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    signature = str(inspect.signature(function)) if callable(function) else ""
    return TaskName(name, summary, signature.partition(" -> ")[0], example)
