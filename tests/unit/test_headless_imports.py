"""The server's side must run where Qt is not: each of its modules is imported, and Qt must not have come along."""

import pkgutil
import subprocess
import sys

import embedded_server

SCRIPT = """
import importlib, sys
failed = []
for name in sys.argv[1:]:
    importlib.import_module(name)
    if any(module.split(".")[0] in {"PySide6", "qasync", "desktop"} for module in sys.modules):
        print(f"{name} imports the desktop's side"); raise SystemExit(1)
"""


def modules() -> list[str]:
    found = pkgutil.walk_packages(embedded_server.__path__, "embedded_server.")
    return [info.name for info in found if not info.name.endswith(("__main__", "worker_main"))]


def test_no_module_of_the_server_imports_qt() -> None:
    # One fresh interpreter for all: the first module that brings Qt along is named.
    done = subprocess.run([sys.executable, "-c", SCRIPT, *modules()], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
