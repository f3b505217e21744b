"""``switchroom serve`` as a program: driven by curl alone, refused in one line, ended by signals, and leaving nobody behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.helpers.curl import Curl, needs_curl, until
from tests.helpers.server import CREDENTIALS, ServerProcess, serve_command, server_process

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

RESTARTED_WITHIN_S = 5.0
GONE_WITHIN_S = 3.0
ENDED_WITHIN_S = 5.0


def descendants(pid: int) -> list[psutil.Process]:
    children: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    return children


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with server_process(tmp_path / "data") as running:
        yield running


@pytest.fixture
def curl(server: ServerProcess) -> Curl:
    curl = Curl(server.url)
    curl.sign_in()
    began = time.monotonic()
    until(lambda: curl.part("worker")["state"] == "running", 30)
    curl.first_start_s = time.monotonic() - began
    return curl


@needs_curl
def test_curl_alone_enqueues_a_task_and_reads_its_life(server: ServerProcess) -> None:
    curl = Curl(server.url)
    assert json.loads(curl("/health")[1])["needs_account"] is True
    assert curl("/tasks", body={"name": "demo.add"})[0] == 401
    assert curl.json("/accounts", body=CREDENTIALS)["name"] == CREDENTIALS["name"]
    curl.token = curl.json("/sessions", body=CREDENTIALS)["token"]
    until(lambda: curl.part("worker")["state"] == "running", 30)

    task = curl.json("/tasks", body={"name": "demo.add", "args": [2, 40]})["id"]
    detail = until(lambda: (found := curl.json(f"/tasks/{task}"))["state"] == "SUCCESS" and found, 20)
    assert detail["result"] == "42"

    _, stream = curl("/hub/sse?topic=tasks&last_event_id=" + _before_first(curl), "-N", timeout_s=2)
    told = [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: ")]
    kinds = [one["kind"] for one in told if one.get("key") == task]
    assert kinds[0] == "task.sent"
    assert kinds[-1] == "task.succeeded"
    assert {"task.received", "task.started"} <= set(kinds)


def _before_first(curl: Curl) -> str:
    journal = curl.json("/server")["journal"]
    return f"{journal['epoch']}:{journal['first_seq'] - 1}"


@needs_curl
def test_every_route_but_health_and_sign_in_answers_401_without_a_token(server: ServerProcess) -> None:
    curl = Curl(server.url)
    curl.sign_in()
    paths = curl.json("/openapi.json")["paths"]
    stranger = Curl(server.url)
    public = {("get", "/health"), ("post", "/sessions")}
    routes = [(method, path) for path, methods in paths.items() for method in methods if (method, path) not in public]
    assert len(routes) > 20
    for method, path in routes:
        assert stranger(path, "-g", "-X", method.upper())[0] == 401, (method, path)
    handshake = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"]
    for path in ("/feeds", "/hub/ws?topic=tasks"):
        assert stranger(path, "--http1.1", *handshake, "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")[0] == 401, path


# -- refused in one line


def refused(*command: str | Path) -> str:
    ended = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr


def test_port_in_use_is_told_in_one_line(server: ServerProcess, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    assert f"Port {port} on 127.0.0.1 is in use" in refused(*serve_command(tmp_path / "other", "--port", port))


def test_second_server_on_the_same_data_names_the_first(server: ServerProcess, tmp_path: Path) -> None:
    assert server.url in refused(*serve_command(tmp_path / "data"))


def test_unwritable_data_directory_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(*serve_command(tmp_path / "file" / "data"))


def run_task(curl: Curl) -> None:
    until(lambda: curl.part("worker")["state"] == "running", 30)
    task = curl.json("/tasks", body={"name": "demo.add", "args": [2, 40]})["id"]
    until(lambda: curl.json(f"/tasks/{task}")["state"] == "SUCCESS", 30)


@needs_curl
def test_tasks_run_again_after_their_part_was_restarted(server: ServerProcess, curl: Curl) -> None:
    run_task(curl)
    assert curl.json("/server/parts/worker/restart", "-X", "POST")["state"] == "running"
    run_task(curl)


DAMAGED = ("journal.db", "sessions.db", "results.db", "streams.json", "brokers/amqp.sqlite3")


@needs_curl
def test_damaged_files_are_set_aside_and_named_and_everything_runs(tmp_path: Path) -> None:
    (tmp_path / "brokers").mkdir()
    for name in DAMAGED:
        (tmp_path / name).write_bytes(b"no database " * 1000)
    with server_process(tmp_path) as server:
        curl = Curl(server.url)
        curl.sign_in()
        run_task(curl)
        status = curl.json("/server")
        log = curl("/events/export?filter=kind:server.log")[1].decode()
    named = " ".join([status["journal"]["set_aside"], log, *(part["reason"] for part in status["parts"])])
    for name in DAMAGED:
        (kept,) = (tmp_path / name).parent.glob(f"{Path(name).stem}*.damaged-*")
        assert kept.read_bytes() == b"no database " * 1000
        assert kept.name in named


@needs_curl
def test_brokers_whose_port_is_taken_move_and_the_worker_follows(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "brokers").mkdir()
        (tmp_path / "brokers" / "amqp.port").write_text(str(port))
        with server_process(tmp_path) as server:
            curl = Curl(server.url)
            curl.sign_in()
            moved = until(lambda: (part := curl.part("brokers"))["state"] == "running" and part, 30)
            assert f":{port}/" not in moved["address"]
            run_task(curl)


def test_user_add_takes_the_password_from_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "embedded_server", "user", "add", "grace", "--data-dir", str(tmp_path)]
    added = subprocess.run(command, input="correct horse\n", capture_output=True, text=True, timeout=30, check=False)
    assert (added.returncode, "grace" in added.stdout) == (0, True)
    again = subprocess.run(command, input="correct horse\n", capture_output=True, text=True, timeout=30, check=False)
    assert again.returncode == 1
    assert "There is an account named “grace” already" in again.stderr
    short = subprocess.run([*command[:-3], "ada", *command[-2:]], input="short\n", capture_output=True, text=True, timeout=30, check=False)
    assert "at least 8 characters" in short.stderr


# -- the end


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly_with_streams_open(server: ServerProcess, curl: Curl, number: signal.Signals) -> None:
    command = ["curl", "-sN", f"{server.url}/hub/sse?topic=tasks", "-H", f"Authorization: Bearer {curl.token}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stream:
        assert stream.stdout is not None
        assert stream.stdout.read(1)
        children = descendants(server.process.pid)
        assert len(children) >= 2
        server.process.send_signal(number)
        assert server.wait_blocking(ENDED_WITHIN_S) == 0
        assert alive(children) == []
        stream.stdout.read()
        assert stream.wait(5) == 0  # the answer was ended, not cut


@posix_only
def test_killed_server_leaves_no_child(server: ServerProcess, curl: Curl) -> None:
    children = descendants(server.process.pid)
    assert len(children) >= 2
    server.process.kill()
    until(lambda: not alive(children), GONE_WITHIN_S)


@posix_only
def test_server_that_is_a_child_ends_with_its_parents_pipe(tmp_path: Path) -> None:
    with server_process(tmp_path, "--child", "--no-worker", stdin=subprocess.PIPE) as server:
        curl = Curl(server.url)
        curl.sign_in()
        until(lambda: curl.part("brokers")["state"] == "running", 20)
        children = descendants(server.process.pid)
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.wait_blocking(GONE_WITHIN_S)
        until(lambda: not alive(children), GONE_WITHIN_S)


def test_server_that_is_no_child_runs_on_without_standard_input(tmp_path: Path) -> None:
    with server_process(tmp_path, "--no-worker") as server:
        assert Curl(server.url)("/health")[0] == 200
        assert server.process.poll() is None


@posix_only
@pytest.mark.parametrize("name", ["brokers", "worker"])
def test_killed_child_is_back_soon_and_the_reason_is_shown(server: ServerProcess, curl: Curl, name: str) -> None:
    before = curl.part(name)
    os.kill(before["pid"], signal.SIGKILL)
    # On a machine so busy that the first start took long, the next may take as long again.
    limit_s = max(RESTARTED_WITHIN_S, 2 * curl.first_start_s)
    after = until(lambda: (part := curl.part(name))["restarts"] > before["restarts"] and part["state"] == "running" and part, limit_s)
    assert after["pid"] != before["pid"]
    assert after["address"] == before["address"]
    assert "Killed by SIGKILL" in after["reason"]


@posix_only
def test_files_are_for_their_owner_only(server: ServerProcess, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert data.stat().st_mode & 0o077 == 0
    assert [path for path in data.rglob("*") if is_open_to_others(path)] == []


def is_open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:  # SQLite takes its -wal and -shm away whenever a last reader closes
        return False
