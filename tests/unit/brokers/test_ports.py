"""The brokers' port stays the same from one start to the next."""

import socket
from pathlib import Path

import pytest

from embedded_server.brokers.ports import CHOSEN_PORTS, HOST, MANAGEMENT_PORT_FILE, PORT_FILE, is_free, kept_port, listen, new_port


def test_port_is_kept(tmp_path: Path) -> None:
    first = kept_port(tmp_path / "brokers")
    assert first in CHOSEN_PORTS
    assert kept_port(tmp_path / "brokers") == first


@pytest.mark.parametrize("content", [b"", b"no port", b"0", b"70000", b"\xff"])
def test_port_that_is_none_is_chosen_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PORT_FILE).write_bytes(content)
    assert kept_port(tmp_path) in CHOSEN_PORTS


def test_new_port_is_kept_instead_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / PORT_FILE).write_text("20000", "ascii")
    assert kept_port(tmp_path) == 20_000
    assert kept_port(tmp_path) == 20_000
    assert new_port(tmp_path) == kept_port(tmp_path)


def test_folder_that_cannot_be_written_still_gives_a_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert kept_port(tmp_path / "file" / "brokers") in CHOSEN_PORTS


def test_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        taken.listen()
        assert not is_free(port)


def test_each_service_keeps_a_port_of_its_own(tmp_path: Path) -> None:
    amqp, management = kept_port(tmp_path), kept_port(tmp_path, MANAGEMENT_PORT_FILE)
    assert (kept_port(tmp_path), kept_port(tmp_path, MANAGEMENT_PORT_FILE)) == (amqp, management)
    assert {file.name for file in tmp_path.iterdir()} == {PORT_FILE, MANAGEMENT_PORT_FILE}


def test_socket_that_listens_names_its_protocol() -> None:
    with listen(0) as listening:
        # asyncio turns Nagle's algorithm off only for sockets that say they are TCP.
        assert listening.proto == socket.IPPROTO_TCP
        assert not is_free(listening.getsockname()[1])
