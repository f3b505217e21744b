"""The installed program as a user launches it: the real window on an offscreen screen with the real server under it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"), pytest.mark.timeout(150)]

GONE_WITHIN_S = 3
ENVIRON = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "SWITCHROOM_PROBE": "1", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


@contextmanager
def window(data_dir: Path, *extra: str) -> Iterator["subprocess.Popen[str]"]:
    """Launch the window and wait until its sign-in can be used."""
    command = [sys.executable, "-m", "desktop", "--data-dir", str(data_dir), *extra]
    with subprocess.Popen(command, env=ENVIRON, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            probes = (json.loads(line)["probe"] for line in process.stdout)
            assert "sign_in_usable" in probes
            yield process
        finally:
            process.kill()


def family_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Answer the server and whatever it has started so far."""
    return list(psutil.Process(process.pid).children(recursive=True))


def test_killing_the_window_leaves_no_child(tmp_path: Path) -> None:
    with window(tmp_path) as process:
        family = family_of(process)
        assert family, "the server is a process of its own"
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(family, timeout=GONE_WITHIN_S)
        assert alive == []


def test_told_to_end_the_window_ends_its_server_and_leaves_the_directory_free(tmp_path: Path) -> None:
    with window(tmp_path) as process:
        family = family_of(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        _, alive = psutil.wait_procs(family, timeout=GONE_WITHIN_S)
        assert alive == []
    assert not (tmp_path / "window.lock").exists()


def test_a_second_launch_leaves_at_once_and_the_first_stays(tmp_path: Path) -> None:
    with window(tmp_path) as first:
        command = [sys.executable, "-m", "desktop", "--data-dir", str(tmp_path)]
        second = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, second.stderr) == (0, "")
        assert first.poll() is None


def test_the_server_runs_on_the_windows_own_loop_when_asked_to(tmp_path: Path) -> None:
    with window(tmp_path, "--host-mode", "in-loop") as process:
        assert not any("serve" in child.cmdline() for child in family_of(process))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
