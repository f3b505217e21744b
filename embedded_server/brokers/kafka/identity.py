"""The cluster's id, kept beside its logs as Kafka keeps it, so that clients find the same cluster tomorrow."""

import base64
import contextlib
import re
import uuid
from pathlib import Path
from typing import Final

FILE: Final = "meta.properties"
_LINE: Final = re.compile(r"^cluster\.id=([\w-]{1,64})$", re.MULTILINE)


def cluster_id(folder: Path) -> str:
    """The id kept in *folder*; where there is none, a new one."""
    path = folder / FILE
    with contextlib.suppress(OSError, UnicodeDecodeError):
        found = _LINE.search(path.read_text("ascii"))
        if found is not None:
            return found[1]
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    with contextlib.suppress(OSError):  # a new one next time; what is wrong with the folder the logs tell
        path.write_text(f"version=1\ncluster.id={made}\n", "ascii")
    return made
