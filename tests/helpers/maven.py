"""Java programs that the tests run, from Maven Central into a cache folder: `make real-brokers` fetches them, the tests only look."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from platformdirs import user_cache_path

POMS = Path(__file__).parents[2] / "scripts" / "maven"
FETCH_LIMIT_S = 600.0
JAVA_AT_LEAST = 17
_NAMESPACE = {"m": "http://maven.apache.org/POM/4.0.0"}


def jars(name: str) -> Path | None:
    """The folder of jars that ``scripts/maven/<name>.xml`` asks for; None where it has not been fetched, or there is no Java for it."""
    folder = folder_of(name)
    return folder if folder.is_dir() and java() is not None else None


def folder_of(name: str) -> Path:
    """Where the jars of one program go: another version is another folder."""
    version = ET.parse(POMS / f"{name}.xml").getroot().findtext("m:version", "", _NAMESPACE)
    return user_cache_path("switchroom", appauthor=False) / "maven" / f"{name}-{version}"


def fetch(name: str) -> str:
    """Fetch what is missing; answers nothing, or one sentence why it could not."""
    folder = folder_of(name)
    if folder.is_dir():
        return ""
    mvn = shutil.which("mvn")
    if mvn is None:
        return "Maven is not installed"
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = [mvn, "-q", "-B", "-f", str(POMS / f"{name}.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=FETCH_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"Maven did not end within {FETCH_LIMIT_S:g} s"
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        return f"Maven failed: {lines[0] if lines else 'no reason given'}"
    fresh.rename(folder)
    return ""


def java() -> str | None:
    """The java program, where it is new enough."""
    found = shutil.which("java")
    if found is None:
        return None
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = told.partition('"')[2].partition(".")[0]
    return found if version.isdecimal() and int(version) >= JAVA_AT_LEAST else None


def compiler() -> str | None:
    """The javac program, where there is a whole JDK."""
    return shutil.which("javac")


def classpath(folder: Path, *classes: Path) -> str:
    """Every jar of a folder, and folders of classes, as java's ``-cp`` takes it."""
    return os.pathsep.join([os.path.join(str(folder), "*"), *map(str, classes)])  # noqa: PTH118 - not a path: java's own star


def hidden_window() -> int:
    """Flags for a child that must not open a console of its own on Windows."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
