"""Apache Kafka's own command line programs and Java client, run in one JVM: its start takes longer than most of them."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.helpers.kafka_processes import QUICK_START
from tests.helpers.maven import classpath, compiler, hidden_window, java

SOURCES: Final = Path(__file__).parent / "java"
LIMIT_S: Final = 60.0
PROGRAMS: Final = "org.apache.kafka.tools"
TOLD_BY_EVERY_CONSUMER: Final = "The consumer rebalance protocol (KIP-848) is production-ready!"


@dataclass(frozen=True)
class Ran:
    """What a program printed, standard error too, and its exit status. Runs of spaces are one space, and stacks are left out."""

    status: int
    output: str

    @property
    def lines(self) -> list[str]:
        """What it printed, without empty lines."""
        return self.output.splitlines()


class JavaTools:
    """A JVM that runs one program after the other. *jars* is a folder of them; what is compiled goes into *folder*."""

    def __init__(self, jars: Path, folder: Path) -> None:
        javac, program = compiler(), java()
        assert javac is not None
        assert program is not None
        sources = [str(path) for path in sorted(SOURCES.glob("*.java"))]
        subprocess.run([javac, "-cp", classpath(jars), "-d", str(folder), *sources], check=True, timeout=LIMIT_S)
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"
        self._process = subprocess.Popen(
            [program, *QUICK_START, quiet, "-cp", classpath(jars, folder), "Tools"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            creationflags=hidden_window(),
        )

    def run(self, main: str, *arguments: str, given: str = "") -> Ran:
        """Run the program of a class, with *given* as its standard input. Names that begin with a dot are Kafka's."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        main = f"{PROGRAMS}{main}" if main.startswith(".") else main
        self._process.stdin.write(json.dumps({"main": main, "arguments": arguments, "input": given}) + "\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        assert told, f"{main} {' '.join(arguments)} has ended the JVM"
        found = json.loads(told)
        return Ran(found["status"], _tidied(found["output"]))

    def close(self) -> None:
        """End the JVM."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:  # a client that a failed test left open goes on
            self._process.kill()
            self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _tidied(text: str) -> str:
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines() if not line.startswith("\tat ")]
    return "\n".join(line for line in lines if line and not line.startswith(TOLD_BY_EVERY_CONSUMER))
