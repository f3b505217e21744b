"""Run the benchmarks and print one JSON object a line: all of them, or those a name picks (``flood``, ``flood.lost``)."""

import importlib
import sys
from collections.abc import Iterator
from typing import Final, Protocol, cast

from benchmarks.result import Result

MODULES: Final = (
    "first_paint",
    "celery_intake",
    "flood",
    "journal_scale",
    "desktop_memory",
    "amqp_broker",
    "rabbitmq",
    "rabbitmq_tree",
    "kafka_broker",
    "kafka_search",
    "kafka",
    "kafka_topics",
    "kafka_memory",
)


class Benchmark(Protocol):
    """What a module of this folder offers."""

    NAMES: tuple[str, ...]

    @staticmethod
    def run() -> Iterator[Result]:
        """Measure, and yield a figure for every one of ``NAMES``."""


def picked(names: tuple[str, ...], only: str) -> bool:
    """Whether *only* asks for one of *names*."""
    return only == "all" or any(name == only or name.startswith(f"{only}.") for name in names)


def main() -> int:
    """Answer 0 once every figure asked for is printed."""
    only = sys.argv[1] if len(sys.argv) > 1 else "all"
    modules = [cast("Benchmark", importlib.import_module(f"benchmarks.{name}")) for name in MODULES]
    chosen = [module for module in modules if picked(module.NAMES, only)]
    if not chosen:
        print(f"No benchmark is named {only}. There are: {', '.join(n for m in modules for n in m.NAMES)}", file=sys.stderr)
        return 2
    for module in chosen:
        for result in module.run():
            if picked((result.name,), only):
                print(result.to_json(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
