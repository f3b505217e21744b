"""`make real-brokers`: what the contract tests compare the embedded brokers with. Says what it cannot get, and is content with that.

RabbitMQ, kcat, amqp-tools, Java and Maven come from Debian's packages, where this may install them; Apache Kafka and the Schema Registry
from Maven into a cache folder. Nothing is started as a service: the tests run private nodes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "rabbitmq-server": "RabbitMQ",
    "kcat": "kcat",
    "amqp-tools": "amqp-tools",
    "default-jdk-headless": "Java",
    "maven": "Maven",
}
COMMANDS = {"amqp-tools": "amqp-publish", "maven": "mvn", "default-jdk-headless": "javac"}
"""What a package brings, where that is not called like it."""
HOMEBREW = {"rabbitmq-server": "rabbitmq", "amqp-tools": "rabbitmq-c", "default-jdk-headless": "openjdk"}
JARS = {"kafka": "Apache Kafka", "apicurio": "Apicurio Registry"}
"""What Maven brings, by its file in ``scripts/maven``."""
RABBITMQ_SCRIPTS = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), Path("/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server"))
POLICY = Path("/usr/sbin/policy-rc.d")


def main() -> int:
    """Install what is missing and may be installed; always 0, so that the tests can run with what there is."""
    missing = [package for package in PACKAGES if not is_there(package)]
    if missing and may_install():
        install(missing)
    for package, name in PACKAGES.items():
        print(f"{name}: {'ready' if is_there(package) else why_not(package)}")
    for jars, name in JARS.items():
        print(f"{name}: {fetched(jars)}")
    return 0


def fetched(jars: str) -> str:
    """Fetch a Java program's jars where they are missing; one sentence that tells how that went."""
    sys.path.insert(0, str(ROOT))
    from tests.helpers import maven

    problem = maven.fetch(jars)
    if not problem and maven.java() is None:
        problem = f"there is no Java {maven.JAVA_AT_LEAST} or newer"
    return f"{problem}; its tests will be skipped" if problem else "ready"


def is_there(package: str) -> bool:
    """Whether what *package* brings is on this machine."""
    if package == "rabbitmq-server":
        return any(script.exists() for script in RABBITMQ_SCRIPTS)
    return shutil.which(COMMANDS.get(package, package)) is not None


def may_install() -> bool:
    """Whether this is Debian, and we are its administrator."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Install *packages*; a failure is told by what is still missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]):
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"{' '.join(command[:2])} failed: {last_line(done.stderr or done.stdout)}")


@contextmanager
def no_services() -> Iterator[None]:
    """Let no package start a service while it is installed (Debian's policy-rc.d), unless the machine has a policy of its own."""
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink()


def why_not(package: str) -> str:
    """One sentence about what is missing and how to get it."""
    if may_install():
        return f"cannot be installed here; its tests will be skipped. Try: apt-get install {package}"
    if sys.platform == "linux" and shutil.which("apt-get"):
        return (
            f"not installed, and this is not root; its tests will be skipped. Run: sudo apt-get install --no-install-recommends {package}"
        )
    if sys.platform == "darwin":
        return f"not installed; its tests will be skipped. Run: brew install {HOMEBREW.get(package, package)}"
    return "not installed, and there is no known way to get it here; its tests will be skipped"


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no reason given")


if __name__ == "__main__":
    sys.exit(main())
