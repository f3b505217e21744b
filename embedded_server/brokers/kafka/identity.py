"""The cluster's id, kept beside its logs as Kafka keeps it, so that clients find the same cluster tomorrow."""

import contextlib
import re
import secrets
from pathlib import Path
from typing import Final

FILE: Final = "meta.properties"
BEGINS: Final = "Switchroom-"
"""Tells any client whose broker this is."""
ID_CHARS: Final = 22
"""As long as Kafka's own: sixteen bytes as base64."""
_LINE: Final = re.compile(r"^cluster\.id=([\w-]{1,64})$", re.MULTILINE)


def cluster_id(folder: Path) -> str:
    """The id kept in *folder*; where there is none, a new one."""
    path = folder / FILE
    with contextlib.suppress(OSError, UnicodeDecodeError):
        found = _LINE.search(path.read_text("ascii"))
        if found is not None:
            return found[1]
    made = BEGINS + secrets.token_hex(ID_CHARS)[: ID_CHARS - len(BEGINS) - 1] + "A"  # "A": no bit is left over in base64
    with contextlib.suppress(OSError):  # a new one next time; what is wrong with the folder the logs tell
        path.write_text(f"version=1\ncluster.id={made}\n", "ascii")
    return made
