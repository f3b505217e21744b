"""Make the virtual environment: uv (from pip when missing), the locked packages, Switchroom itself, and what Qt needs of the system.

Runs on the system's Python with nothing installed, so it uses the standard library alone.
"""

import argparse
import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Qt's offscreen and xcb plugins link these; a slim container lacks them. The last is a font for Traditional Chinese.
DEBIAN_PACKAGES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "xkbcommon": "libxkbcommon0",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "xcb-cursor": "libxcb-cursor0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-image": "libxcb-image0",
    "xcb-shape": "libxcb-shape0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-xkb": "libxcb-xkb1",
}
CJK_FONT_PACKAGE = "fonts-wqy-microhei"


def main() -> int:
    """Set up everything; answer the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("venv", type=Path)
    parser.add_argument("--bench", action="store_true", help="also what the benchmarks compare with")
    options = parser.parse_args()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        print(f"Switchroom needs Python 3.11 to 3.13; this is {sys.version.split()[0]}. Name another: make setup PYTHON=python3.12")
        return 1
    lock = ROOT / ("requirements-bench.lock" if options.bench else "requirements.lock")
    stamp = options.venv / f".{lock.stem}"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return 0
    install_packages(options.venv, lock)
    stamp.write_bytes(lock.read_bytes())
    if not options.bench:
        install_system_libraries()
    return 0


def install_packages(venv: Path, lock: Path) -> None:
    """Install exactly the locked packages, then Switchroom itself."""
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    uv = shutil.which("uv")
    if uv is None:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "uv"], check=True)
        uv = str(python.with_name("uv.exe" if os.name == "nt" else "uv"))
    print(f"installing {lock.name} into {venv} ...", flush=True)
    environment = {**os.environ, "VIRTUAL_ENV": str(venv.resolve())}
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
    subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True, env=environment)
    subprocess.run([*install, "--no-deps", "-e", str(ROOT)], check=True, env=environment)
    # Also where Python is told to write no bytecode: without it every process compiles all it imports, seconds each time.
    subprocess.run([str(python), "-m", "compileall", "-q", "desktop", "embedded_server", "resources"], check=True, cwd=ROOT)


def install_system_libraries() -> None:
    """Install Qt's system libraries where that is allowed (Debian, root); else name them in one line."""
    if not sys.platform.startswith("linux"):
        return
    missing = [package for library, package in DEBIAN_PACKAGES.items() if ctypes.util.find_library(library) is None]
    if not has_cjk_font():
        missing.append(CJK_FONT_PACKAGE)
    if not missing:
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(f"Qt needs these of the system, by their Debian names: {' '.join(missing)}")
        return
    print(f"installing for Qt: {' '.join(missing)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "-qq", "update"], check=False, env=environment, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [apt, "-qq", "-y", "--no-install-recommends", "install", *missing], check=False, env=environment, stdout=subprocess.DEVNULL
    )
    if done.returncode != 0:
        print(f"could not install them; Qt needs: {' '.join(missing)}")


def has_cjk_font() -> bool:
    """Whether some font of this system can write Traditional Chinese."""
    fc_list = shutil.which("fc-list")
    if fc_list is None:
        return False
    return bool(subprocess.run([fc_list, ":lang=zh-tw"], check=False, capture_output=True).stdout.strip())


if __name__ == "__main__":
    sys.exit(main())
