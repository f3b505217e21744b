"""A journal of ten million events, made once a run and shared by the benchmarks that need one."""

import atexit
import functools
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from embedded_server.journal.schema import KIND_CODES, open_for_writing

EVENTS: Final = 10_000_000
RARE_EVERY: Final = 1_000_000
"""One event in so many has the subject `RARE`."""
RARE: Final = "orders.refunded"
_BATCH: Final = 500_000

# SQLite makes the rows itself, in a third of the time that they take through Python; making them is not what is measured.
# The limit keeps SQLite from working out the preview once for each use of it.
_FILL: Final = f"""
with recursive number(n) as (select :first union all select n + 1 from number where n < :last)
insert into event
select
    n,
    :now - (:total - n) * 1000000,
    case n % 4 when 0 then {KIND_CODES["message.published"]} when 1 then {KIND_CODES["message.delivered"]}
        when 2 then {KIND_CODES["task.sent"]} else {KIND_CODES["task.succeeded"]} end,
    'embedded',
    case when n % {RARE_EVERY} = {RARE_EVERY // 2} then '{RARE}'
        else 'orders.' || substr('created  paid     shipped  cancelled', 1 + n % 4 * 9, 7) end,
    printf('%08x-ceea-467f-a0e6-%012x', n * 2654435761 % 4294967296, n),
    printf('%08x-b1c2-4d3e-9f00-%012x', n / 4 * 2246822519 % 4294967296, n / 4),
    2,
    case when n % 50 = 0 then 'FAILURE' else 'SUCCESS' end,
    'worker-' || (n % 8) || '@host',
    length(preview), preview, x'', cast(preview as blob)
from (
    select n, printf('{{"order_id": %d, "amount": %d.5, "items": [1, 2, 3], "note": "lorem ipsum dolor"}}', n, n % 1000) as preview
    from number limit -1
)
"""  # noqa: S608 - constants


@functools.cache
def ten_million() -> Path:
    """A data directory whose ``journal.db`` holds `EVENTS` events; it is removed when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="switchroom-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    db = open_for_writing(folder / "journal.db").db
    db.execute("pragma journal_mode=off")
    db.execute("pragma synchronous=off")
    now = time.time_ns()
    for first in range(1, EVENTS + 1, _BATCH):
        db.execute("begin")
        db.execute(_FILL, {"first": first, "last": min(first + _BATCH - 1, EVENTS), "now": now, "total": EVENTS})
        db.execute("commit")
    db.execute("pragma journal_mode=wal")
    db.close()
    return folder
