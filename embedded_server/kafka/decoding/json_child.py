"""The child process that checks JSON texts by their schemas, a line in and a line out, until its standard input ends.

It also ends where a check takes far too long, so that none outlives a server that was killed: the watch is a thread that needs no
turn of the interpreter, which a pattern would not let it have.
"""

import faulthandler
import json
import sys
from functools import lru_cache
from typing import IO, Final

from embedded_server.kafka.decoding.json_apart import Fault, FaultKind
from embedded_server.kafka.decoding.json_schema import JsonSchema

_SCHEMAS: Final = 32
_GRACE_S: Final = 1.0
"""Who asked is first to end it."""


def main() -> None:
    """Say that it is ready, then answer; the argument is how many seconds a check may take."""
    limit_s = float(sys.argv[1]) + _GRACE_S
    told: IO[bytes] = sys.stdout.buffer
    told.write(b"null\n")
    told.flush()
    for line in sys.stdin.buffer:
        faulthandler.dump_traceback_later(limit_s, exit=True)
        answer = _answer(line)
        faulthandler.cancel_dump_traceback_later()
        told.write(answer)
        told.flush()


def _answer(line: bytes) -> bytes:
    try:
        name, schema, imports, text = json.loads(line)
        fault = _schema(name, schema, tuple(imports.items())).fault_in_place(json.loads(text))
    except Exception as exc:  # noqa: BLE001 - it is told, whatever it is: the next check is another one
        fault = Fault(FaultKind.BROKEN, f"the schema cannot be applied: {exc}"[:300])
    return b"null\n" if fault is None else fault.line()


@lru_cache(_SCHEMAS)
def _schema(name: str, text: str, imports: tuple[tuple[str, str], ...]) -> JsonSchema:
    return JsonSchema(text, name=name, imports=dict(imports))


if __name__ == "__main__":
    main()
