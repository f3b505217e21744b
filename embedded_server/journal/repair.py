"""What happens to a damaged journal: it is set aside under a name of its own and never deleted."""

import sqlite3
import time
from pathlib import Path
from typing import Final

from embedded_server.journal.schema import Opened, open_for_writing

QUICK_CHECK_BYTES: Final = 64 * 1024**2
"""Files up to this size are checked whole when they are opened (a fraction of a second); in larger ones damage shows when it is met."""
_SIDE_FILES: Final = ("", "-wal", "-shm")


class DamageFoundError(Exception):
    """The check at opening met something broken."""


def is_damage(exc: BaseException) -> bool:
    """Whether *exc* says that the file itself is broken, rather than busy, full or out of reach."""
    if isinstance(exc, DamageFoundError):
        return True
    if not isinstance(exc, sqlite3.DatabaseError):
        return False
    code = getattr(exc, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def open_or_set_aside(path: Path) -> tuple[Opened, str]:
    """Open the journal at *path*. A damaged one is renamed first, and its new path is the second value."""
    try:
        return _open_checked(path), ""
    except (sqlite3.DatabaseError, DamageFoundError) as exc:
        if not is_damage(exc):
            raise
    aside = set_aside(path)
    return open_for_writing(path), str(aside)


def _open_checked(path: Path) -> Opened:
    opened = open_for_writing(path)
    try:
        _check(opened.db, path)
    except BaseException:
        opened.db.close()
        raise
    return opened


def _check(db: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size <= QUICK_CHECK_BYTES:
        found = db.execute("pragma quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DamageFoundError(found)
        return
    for end in ("asc", "desc"):
        db.execute(f"select * from event order by seq {end} limit 100").fetchall()  # noqa: S608 - two constants


def set_aside(path: Path) -> Path:
    """Rename the file at *path* and its side files to a free name that tells when, and answer the new path."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}.damaged-{stamp}-{number}{path.suffix}")
    for suffix in _SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(aside.with_name(aside.name + suffix))
    return aside
