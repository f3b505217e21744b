"""The main job, as a first user does it, in the real window: `switchroom tour`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PNG_HEADER = b"\x89PNG\r\n\x1a\n"


@pytest.mark.timeout(300)
def test_tour_goes_from_the_first_launch_to_signing_out(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}

    done = subprocess.run(
        [sys.executable, "-m", "desktop", "tour", "--out", str(tmp_path / "shots")],
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
        env=environment,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    pictures = sorted((tmp_path / "shots").glob("[0-9][0-9]-*.png"))
    assert len(pictures) >= 40
    assert all(picture.read_bytes().startswith(PNG_HEADER) for picture in pictures)


def test_tour_says_why_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    done = subprocess.run(
        [sys.executable, "-m", "desktop", "tour", "--out", str(tmp_path / "file" / "shots")], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr
