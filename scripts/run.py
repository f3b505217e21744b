"""`make run`: open the window; where there is no display say so, and run the tour instead, so that the main job runs anywhere."""

import os
import subprocess
import sys


def has_display() -> bool:
    """Whether a window can be shown here."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return True
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main() -> int:
    """Run Switchroom; answer its exit status."""
    command = [sys.executable, "-m", "desktop"]
    if not has_display():
        print("No display here, so the tour runs instead: the real window, offscreen, its pictures in ./tour", flush=True)
        command += ["tour", "--out", "tour"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
