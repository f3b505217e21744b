"""A server that a window started has the processor after the window."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded_server.core.background import NICENESS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has priority classes")

STEPPING = (
    "import os, threading\n"
    "from embedded_server.core.background import step_behind_window\n"
    "step_behind_window()\n"
    "inside = []\n"
    "thread = threading.Thread(target=lambda: inside.append(os.nice(0)))\n"
    "thread.start(); thread.join()\n"
    "print(os.getsid(0) == os.getpid(), os.nice(0), inside[0])\n"
)


def steps_behind(*, leads: bool) -> list[str]:
    done = subprocess.run([sys.executable, "-c", STEPPING], capture_output=True, text=True, timeout=30, check=True, start_new_session=leads)
    return done.stdout.split()


@pytest.mark.parametrize("leads", [False, True])
def test_it_leads_a_session_of_its_own_and_yields_with_every_thread(leads: bool) -> None:
    niceness = str(min(os.nice(0) + NICENESS, 19))
    assert steps_behind(leads=leads) == ["True", niceness, niceness]


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="the kernel does not group by session")
def test_its_session_weighs_less_than_the_windows() -> None:
    program = (
        "from embedded_server.core.background import step_behind_window\nstep_behind_window()\nprint(open('/proc/self/autogroup').read())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split()[-1] == str(NICENESS)
    assert done.stdout != Path("/proc/self/autogroup").read_text()
