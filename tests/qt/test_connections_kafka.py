"""The Connections panel and a Kafka: its form, its test and what mends it."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication

from desktop.core.connections_walk import STEPS
from embedded_server.contracts.connections import ConnectionKind, KafkaSettings, SaslMechanism, SaveConnection, Secret
from tests.qt.connections_bench import Bench, bench
from tests.qt.connections_fakes import EMBEDDED, make_connection, make_kafka
from tests.qt.tasks_fakes import until

__all__ = ["bench"]
pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)  # the offscreen platform, of every window


async def test_a_new_connection_may_be_a_kafka(bench: Bench) -> None:
    await bench.show()
    bench.panel.open_new()
    editor = bench.panel.editor
    editor.fields.kind_choice.choose(ConnectionKind.KAFKA.value)
    assert editor.head._title.text() == "New Kafka connection"
    assert not editor.fields.rabbit.isVisibleTo(editor)
    assert not editor.fields.user.isVisibleTo(editor)
    bench.type(editor.fields.kafka.bootstrap, "k1:9092")
    editor.fields.kafka.mechanism.choose(SaslMechanism.PLAIN.value)
    bench.type(editor.fields.user, "ada")
    bench.type(editor.fields.password, "Wg7")
    editor.start_save(then_test=False)
    await until(lambda: bench.panel.editor.id != "")
    save = next(body for body in bench.api.bodies if isinstance(body, SaveConnection))
    assert save.spec.kafka == KafkaSettings("k1:9092", mechanism=SaslMechanism.PLAIN, user="ada")
    assert save.secrets == {Secret.PASSWORD: "Wg7"}
    assert not editor.fields.kind_choice.isVisibleTo(editor)


async def test_a_kafkas_test_has_the_steps_of_a_kafka(bench: Bench) -> None:
    kafka = make_kafka("k")
    await bench.edit(kafka)
    walk = bench.panel.editor.walk
    shown = [step for step, row in walk.rows.items() if row.isVisibleTo(walk)]
    assert shown == list(STEPS[ConnectionKind.KAFKA])
    await bench.edit(make_connection("a"))
    assert [step for step, row in walk.rows.items() if row.isVisibleTo(walk)] == list(STEPS[ConnectionKind.RABBITMQ])


async def test_a_fix_of_a_kafka_leads_to_its_field(bench: Bench) -> None:
    await bench.edit(make_kafka("k"))
    editor = bench.panel.editor
    editor.activateWindow()
    editor.walk.fix_requested.emit("name-not-found")
    assert editor.window().focusWidget() is editor.fields.kafka.bootstrap
    editor.walk.fix_requested.emit("port-wants-tls")
    assert editor.fields.draft().tls
    editor.fields.kafka.mechanism.choose(SaslMechanism.PLAIN.value)
    editor.walk.fix_requested.emit("login-not-taken")
    assert editor.fields.draft().mechanism is SaslMechanism.NONE
    editor.fields.name.setFocus()
    editor.walk.fix_requested.emit("some-bootstrap-fails")
    assert editor.window().focusWidget() is editor.fields.kafka.bootstrap
    editor.walk.fix_requested.emit("registry-unreachable")
    assert editor.window().focusWidget() is editor.fields.kafka.registry_url


async def test_a_clients_properties_are_taken_apart_when_they_are_pasted(bench: Bench) -> None:
    await bench.show()
    bench.api.parsed = SaveConnection(make_kafka(name="pasted").spec, {Secret.PASSWORD: "Wg7"})
    bench.panel.open_new()
    QGuiApplication.clipboard().setText("bootstrap.servers=k1:9092\nsecurity.protocol=SASL_PLAINTEXT")
    bench.panel.editor.url.line.paste()
    await until(lambda: bench.panel.editor.fields.kind() is ConnectionKind.KAFKA)
    sent = next(body for body, request in zip(bench.api.bodies, bench.api.requests, strict=True) if request.endswith("/parse"))
    assert "security.protocol" in sent.url
    assert bench.panel.editor.fields.password.text() == "Wg7"


async def test_the_embedded_page_says_where_its_kafka_answers(bench: Bench) -> None:
    await bench.show()
    page = bench.panel.editor.embedded
    assert not page.copy_kafka.isVisibleTo(page)
    page.show_connection(replace(EMBEDDED, spec=replace(EMBEDDED.spec, kafka=KafkaSettings("127.0.0.1:9292"))))
    page.copy_kafka.click()
    assert QGuiApplication.clipboard().text() == "127.0.0.1:9292"
