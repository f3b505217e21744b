"""The cluster's id: told apart from a real Kafka's, of Kafka's own form, and the same tomorrow."""

import base64
from pathlib import Path

from embedded_server.brokers.kafka.identity import FILE, cluster_id


def test_the_id_tells_whose_broker_it_is_and_stays(tmp_path: Path) -> None:
    made = cluster_id(tmp_path)
    assert made.startswith("Switchroom")
    assert cluster_id(tmp_path) == made


def test_the_id_has_the_form_of_kafkas_own(tmp_path: Path) -> None:
    made = cluster_id(tmp_path)
    decoded = base64.urlsafe_b64decode(made + "==")
    assert len(decoded) == 16
    assert base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == made


def test_two_folders_are_two_clusters(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert cluster_id(tmp_path) != cluster_id(tmp_path / "other")


def test_an_id_of_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n", "ascii")
    assert cluster_id(tmp_path) == "MkU3OEVBNTcwNTJENDM2Qg"
