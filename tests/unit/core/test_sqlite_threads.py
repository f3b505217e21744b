"""SQLite is told to count no memory, in a process of its own as the server is."""

import subprocess
import sys

PROGRAM = """
import sqlite3, threading
from embedded_server.core.sqlite_threads import count_no_memory
count_no_memory()
totals = []
def work():
    db = sqlite3.connect(":memory:")
    db.execute("create table t (body text)")
    db.executemany("insert into t values (?)", [('{"n": 1}',)] * 1000)
    totals.append(db.execute("select sum(json_extract(body, '$.n')) from t").fetchone()[0])
    db.close()
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(totals)
"""


def test_databases_work_as_before_on_many_threads() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[1000, 1000, 1000, 1000]"


def test_it_takes_effect_where_the_library_can_be_told() -> None:
    program = """
import ctypes, sqlite3, _sqlite3
from embedded_server.core.sqlite_threads import count_no_memory
told = count_no_memory()
db = sqlite3.connect(":memory:")
used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used() if told else 0
print(used)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "0"


def test_where_it_cannot_be_told_everything_goes_on() -> None:
    program = (
        "import _sqlite3; del _sqlite3.__file__\nfrom embedded_server.core.sqlite_threads import count_no_memory\nprint(count_no_memory())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "False"
