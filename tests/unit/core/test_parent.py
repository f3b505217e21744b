"""A child ends when its standard input does, whatever ended its parent."""

import subprocess
import sys

WATCHING = "from embedded_server.core.parent import watch_parent; watch_parent({}); print('up', flush=True); import time; time.sleep(60)"


def start(argument: str = "") -> "subprocess.Popen[str]":
    child = subprocess.Popen([sys.executable, "-c", WATCHING.format(argument)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    return child


def test_end_of_standard_input_ends_the_child() -> None:
    with start() as child:
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(5) == 0


def test_input_does_not_end_it() -> None:
    with start() as child:
        assert child.stdin is not None
        child.stdin.write("hello\n")
        child.stdin.flush()
        assert child.poll() is None
        child.stdin.close()
        child.wait(5)


def test_child_is_asked_to_end_before_it_is_ended() -> None:
    with start("lambda: print('asked', flush=True), grace_s=0.05") as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        assert child.stdout.readline() == "asked\n"
        assert child.wait(5) == 0
