import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.__main__ import has_display, make_data_dir, make_parser

HEAVY = ("PySide6", "httpx", "websockets", "pydantic", "qasync", "fastapi", "celery")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env={**clean, **environ}, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("platform", "environ", "shown"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_a_display_is_looked_for_before_qt_is_asked(platform: str, environ: dict[str, str], shown: bool) -> None:
    assert has_display(platform, environ) is shown


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_a_display_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = run("-m", "desktop", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "QT_QPA_PLATFORM=offscreen" in done.stderr
    assert "xvfb-run" in done.stderr


def test_help_names_the_other_commands_and_imports_nothing_heavy() -> None:
    script = "import sys; from desktop.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    done = run("-c", script + f"print(sorted(set({HEAVY!r}) & set(sys.modules)))")
    assert "serve" in done.stdout
    assert "tour" in done.stdout
    assert done.stdout.endswith("[]\n")


def test_serve_goes_to_the_server_without_qt() -> None:
    script = "import sys; from desktop.__main__ import main\ntry: main(['serve', '--help'])\nexcept SystemExit: pass\n"
    done = run("-c", script + "print([m for m in sys.modules if m.startswith(('PySide6', 'qasync'))])")
    assert "--no-worker" in done.stdout, done.stderr
    assert done.stdout.endswith("[]\n")


def test_version_needs_no_display() -> None:
    assert run("-m", "desktop", "--version").stdout.startswith("switchroom ")


def test_options_of_the_design_are_understood() -> None:
    args = make_parser().parse_args(
        ["--data-dir", "d", "--host-mode", "in-loop", "--connect", "http://h:1", "--lang", "zh_TW", "--theme", "dark"]
    )
    assert (str(args.data_dir), args.host_mode, args.connect, args.lang, args.theme) == ("d", "in-loop", "http://h:1", "zh_TW", "dark")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_a_new_data_directory_is_its_owners_alone(tmp_path: Path) -> None:
    assert make_data_dir(tmp_path / "new") == ""
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_data_directorys_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert str(tmp_path / "taken") in make_data_dir(tmp_path / "taken")
