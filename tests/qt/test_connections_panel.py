"""The Connections panel over fakes: what it shows, asks and keeps."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.connections_draft import Entry
from desktop.core.feeds import Link, LinkState
from desktop.core.problems import ApiError
from desktop.services.notices import Severity
from desktop.views.connections.panel import ConnectionsPanel
from desktop.views.connections.transfer import FileNotJson, export_to, import_from
from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import (
    ConnectionKind,
    Environment,
    Health,
    RabbitSettings,
    SaveConnection,
    Secret,
    SecretState,
)
from tests.qt.connections_bench import Bench, bench
from tests.qt.connections_fakes import EMBEDDED, make_connection, make_problem, make_report
from tests.qt.tasks_fakes import until

__all__ = ["bench"]
pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)  # the offscreen platform, of every window


# -- the list


async def test_at_first_launch_the_embedded_broker_is_shown_and_ones_own_is_offered(bench: Bench) -> None:
    await bench.show()
    assert bench.panel.editor.id == EMBEDDED.id
    bench.panel.editor.embedded.add.click()
    assert bench.panel.editor.id == ""
    assert bench.panel.editor.head._title.text() == "New RabbitMQ connection"


async def test_the_chosen_connection_stays_chosen_while_figures_come_and_the_order_changes(bench: Bench) -> None:
    first, second = make_connection("a"), make_connection("b")
    await bench.show(first, second)
    bench.panel.list.choose("b")
    bench.api.know(second, replace(first, health=Health(wire.LinkState.OPEN)))
    bench.service.refresh()
    await until(lambda: [one.id for one in bench.panel.model.connections] == ["embedded", "b", "a"])
    assert bench.panel.current is not None
    assert bench.panel.current.id == bench.panel.editor.id == "b"


async def test_a_connection_removed_elsewhere_leaves_the_embedded_one_chosen(bench: Bench) -> None:
    await bench.edit(make_connection("a"))
    bench.api.know()
    bench.service.refresh()
    await until(lambda: bench.panel.current == EMBEDDED)
    assert bench.panel.editor.id == EMBEDDED.id


async def test_moving_keeps_the_embedded_one_first(bench: Bench) -> None:
    await bench.show(make_connection("a"), make_connection("b"))
    bench.panel.list.choose("b")
    bench.panel.start_move(-1)
    await until(lambda: bench.api.requests[-1] == "PUT /connections/order")
    await until(lambda: [one.id for one in bench.panel.model.connections] == ["embedded", "b", "a"])
    count = len(bench.api.requests)
    bench.panel.start_move(-1)
    assert bench.panel.current is not None
    assert (bench.panel.current.id, len(bench.api.requests)) == ("b", count)


async def test_removing_asks_first_and_names_what_goes(bench: Bench) -> None:
    await bench.edit(make_connection("a", "orders"))
    bench.panel.ask_to_remove()
    assert "orders" in bench.panel.editor.head.confirm.question()
    assert not any(request.startswith("DELETE") for request in bench.api.requests)
    bench.panel.editor.head.confirm.act.click()
    await until(lambda: "DELETE /connections/a" in bench.api.requests)
    await until(lambda: bench.panel.current == EMBEDDED)


async def test_a_duplicate_is_chosen(bench: Bench) -> None:
    await bench.edit(make_connection("a"))
    bench.panel.start_duplicate()
    await until(lambda: bench.panel.editor.id == "a2")


async def test_a_lost_server_dims_every_state(bench: Bench) -> None:
    await bench.edit(make_connection("a", health=Health(wire.LinkState.OPEN)))
    assert bench.panel.editor.head.state.tone() == "ok"
    bench.services.feeds.state_changed.emit(Link(LinkState.WAITING))
    assert bench.panel.editor.head.state.tone() == "wait"


async def test_a_list_that_cannot_be_had_says_why_and_comes_when_it_can(bench: Bench) -> None:
    bench.api.failures["GET"] = make_problem("The list is away")
    bench.panel.activate()
    await until(lambda: bench.panel._message._title.text() == "The list is away")
    bench.api.failures.clear()
    bench.service.refresh()
    await until(lambda: bench.panel._pages.currentIndex() == 1)


# -- adding and editing


async def test_a_pasted_url_fills_the_form_and_leaves_no_password_in_the_line(bench: Bench) -> None:
    await bench.show()
    bench.api.parsed = SaveConnection(
        make_connection(name="rabbit orders", rabbitmq=RabbitSettings("rabbit", 5673, "orders", "ada", tls=True)).spec,
        {Secret.PASSWORD: "Wg7"},
    )
    bench.panel.open_new()
    editor = bench.panel.editor
    editor.url.line.setText("amqps://ada:Wg7@rabbit:5673/orders")
    editor.url.line.textEdited.emit(editor.url.line.text())
    await until(lambda: editor.fields.rabbit.host.text() == "rabbit")
    draft = editor.fields.draft()
    assert (draft.port, draft.vhost, draft.user, draft.password, draft.tls) == ("5673", "orders", "ada", "Wg7", True)
    assert editor.url.line.text() == ""
    assert "Wg7" not in repr(draft)


async def test_a_wrong_url_says_what_is_wrong_and_stays(bench: Bench) -> None:
    await bench.show()
    bench.api.failures["POST /connections/parse"] = make_problem("The port in the URL is wrong")
    bench.panel.open_new()
    url = bench.panel.editor.url
    bench.type(url.line, "amqp://h:x")
    url.start_parse()
    await until(lambda: "The port" in url.note.text())
    assert url.line.text() == "amqp://h:x"


async def test_saving_adds_the_connection_chooses_it_and_tests_it(bench: Bench) -> None:
    await bench.show()
    bench.panel.open_new()
    editor = bench.panel.editor
    bench.type(editor.fields.rabbit.host, "rabbit.example")
    bench.type(editor.fields.password, "Wg7")
    editor.fields.environment.choose("production")
    editor.start_save(then_test=True)
    await until(lambda: "Works" in editor.walk.verdict.text())
    save = next(body for body in bench.api.bodies if isinstance(body, SaveConnection))
    assert (save.spec.name, save.spec.environment, save.secrets) == ("rabbit.example", Environment.PRODUCTION, {Secret.PASSWORD: "Wg7"})
    assert bench.panel.current is not None
    assert bench.panel.current.spec.name == "rabbit.example"
    assert editor.fields.password.text() == ""
    assert bench.service.drafts == {}


async def test_faults_stand_at_their_fields_and_nothing_is_asked(bench: Bench) -> None:
    await bench.show()
    bench.panel.open_new()
    editor = bench.panel.editor
    bench.type(editor.fields.rabbit.port, "many")
    count = len(bench.api.requests)
    editor.start_save(then_test=False)
    assert editor.fields.fault(Entry.HOST)
    assert editor.fields.fault(Entry.PORT)
    assert len(bench.api.requests) == count


async def test_a_refused_save_loses_nothing_and_stands_where_it_belongs(bench: Bench) -> None:
    connection = make_connection("a", "orders")
    await bench.edit(connection)
    fields = bench.panel.editor.fields
    bench.type(fields.name, "taken")
    bench.api.failures["PUT"] = make_problem("Another is called so", code="connection-name-taken")
    bench.panel.editor.start_save(then_test=False)
    await until(lambda: "Another is called so" in fields.fault(Entry.NAME))
    assert fields.name.text() == "taken"
    bench.api.failures["PUT"] = make_problem("The disk is full", code="connection-store-unwritable")
    bench.panel.editor.start_save(then_test=False)
    await until(lambda: "The disk is full" in bench.panel.editor.failure())
    assert bench.service.drafts["a"].name == "taken"


async def test_unsaved_changes_survive_looking_elsewhere_and_a_new_panel(bench: Bench, qtbot: QtBot) -> None:
    await bench.show(make_connection("a"), make_connection("b"))
    bench.panel.list.choose("a")
    bench.type(bench.panel.editor.fields.name, "half typed")
    bench.panel.list.choose("b")
    assert bench.panel.editor.fields.name.text() == "orders b"
    bench.panel.list.choose("a")
    assert bench.panel.editor.fields.name.text() == "half typed"
    again = ConnectionsPanel(bench.services)
    qtbot.addWidget(again)
    again.activate()
    again.list.choose("a")
    assert again.editor.fields.name.text() == "half typed"
    again.editor.discard()
    assert again.editor.fields.name.text() == "orders a"
    await again.stop()


async def test_what_another_window_saved_is_shown_unless_something_is_typed(bench: Bench) -> None:
    connection = make_connection("a", "orders")
    await bench.edit(connection)
    bench.api.know(replace(connection, spec=replace(connection.spec, name="renamed")))
    bench.service.refresh()
    await until(lambda: bench.panel.editor.fields.name.text() == "renamed")
    bench.type(bench.panel.editor.fields.rabbit.host, "other")
    bench.api.know(connection)
    bench.service.refresh()
    await until(lambda: bench.panel.current == connection)
    assert bench.panel.editor.fields.rabbit.host.text() == "other"


async def test_where_the_password_is_kept_is_said_and_it_can_be_forgotten(bench: Bench) -> None:
    await bench.edit(make_connection("a", secret=SecretState.KEYRING))
    fields = bench.panel.editor.fields
    assert "keyring" in fields.secret.text()
    fields.forget.click()
    await until(lambda: "PUT /connections/a/secrets" in bench.api.requests)
    await until(lambda: "No password" in fields.secret.text())


async def test_the_guests_password_is_said_to_be_known(bench: Bench) -> None:
    await bench.edit(make_connection("a", rabbitmq=RabbitSettings("h")))
    assert "“guest”" in bench.panel.editor.fields.secret.text()


async def test_enter_without_a_change_tests_and_saves_nothing(bench: Bench) -> None:
    await bench.edit(make_connection("a"))
    QTest.keyClick(bench.panel.editor.fields.rabbit.host, Qt.Key.Key_Return)
    await until(lambda: "Works" in bench.panel.editor.walk.verdict.text())
    assert not [request for request in bench.api.requests if request.startswith("PUT")]


async def test_without_a_keyring_the_new_form_says_so(bench: Bench) -> None:
    bench.api.keyring = False
    await bench.show()
    bench.panel.open_new()
    assert "no keyring" in bench.panel.editor.fields.secret.text()


# -- the test


async def test_a_failed_step_shows_why_what_to_try_and_does_it(bench: Bench) -> None:
    bench.api.report = make_report(wire.TestStep.PROTOCOL, make_problem("It speaks TLS", "Switch TLS on.", code="port-wants-tls"))
    await bench.edit(make_connection("a"))
    bench.panel.start_test()
    walk = bench.panel.editor.walk
    await until(lambda: "Fails at" in walk.verdict.text())
    row = walk.rows[wire.TestStep.PROTOCOL]
    assert (row.problem.text(), row.hint.text(), row.mark.toolTip()) == ("It speaks TLS", "Switch TLS on.", "failed")
    assert walk.rows[wire.TestStep.LOGIN].mark.toolTip() == "skipped"
    row._fix.click()
    assert bench.panel.editor.fields.tls_fold.tls.isChecked()
    assert bench.service.drafts["a"].tls


async def test_unsaved_changes_are_tested_as_they_stand(bench: Bench) -> None:
    await bench.edit(make_connection("a"))
    bench.panel.start_test()
    await until(lambda: bench.api.requests[-1] == "POST /connections/a/test" and bench.api.bodies[-1] is None)
    bench.type(bench.panel.editor.fields.rabbit.host, "other.example")
    bench.panel.start_test()
    await until(lambda: isinstance(bench.api.bodies[-1], SaveConnection))
    assert bench.api.bodies[-1].spec.rabbitmq.host == "other.example"


async def test_a_test_that_ends_while_another_connection_is_shown_is_found_later(bench: Bench) -> None:
    import asyncio

    await bench.show(make_connection("a"), make_connection("b"))
    bench.panel.list.choose("a")
    bench.api.gate = asyncio.Event()
    bench.panel.start_test()
    await until(lambda: "Testing" in bench.panel.editor.walk.verdict.text())
    bench.panel.list.choose("b")
    assert "Not tested" in bench.panel.editor.walk.verdict.text()
    bench.api.gate.set()
    await until(lambda: "a" in bench.panel.editor.tester.reports)
    assert "Not tested" in bench.panel.editor.walk.verdict.text()
    bench.panel.list.choose("a")
    assert "Works" in bench.panel.editor.walk.verdict.text()


async def test_a_test_that_takes_long_can_be_stopped(bench: Bench) -> None:
    import asyncio

    await bench.edit(make_connection("a"))
    bench.api.gate = asyncio.Event()
    walk = bench.panel.editor.walk
    walk.button.click()
    await until(lambda: "Testing" in walk.verdict.text())
    assert walk.button.text() == "Stop"
    walk.button.click()
    assert (walk.button.text(), "Not tested" in walk.verdict.text()) == ("Test", True)
    bench.api.gate.set()


async def test_a_test_without_the_needed_password_says_so(bench: Bench) -> None:
    bench.api.failures["POST /connections/a/test"] = make_problem("The password of “orders” is needed", code="secret-needed")
    await bench.edit(make_connection("a", secret=SecretState.NEEDED))
    bench.panel.start_test()
    await until(lambda: "password" in bench.panel.editor.walk.verdict.text())


async def test_the_test_stands_under_the_form_where_there_is_no_room_beside_it(bench: Bench) -> None:
    await bench.edit(make_connection("a"))
    editor = bench.panel.editor
    assert editor._side.isAncestorOf(editor.walk)
    bench.panel.resize(760, 600)
    await until(lambda: not editor._side.isAncestorOf(editor.walk))
    bench.panel.resize(1060, 720)
    await until(lambda: editor._side.isAncestorOf(editor.walk))


# -- what the picker wants, and files


async def test_a_wish_from_the_picker_opens_what_it_is_about(bench: Bench) -> None:
    await bench.show(make_connection("a"))
    bench.service.wish_for("a", test=True)
    assert bench.panel.editor.id == "a"
    await until(lambda: "Works" in bench.panel.editor.walk.verdict.text())
    bench.service.wish_for("")
    assert bench.panel.editor.id == ""
    assert bench.panel.go_back()
    assert bench.panel.editor.id == "a"


async def test_a_new_connection_is_of_the_kind_that_is_looked_at(bench: Bench) -> None:
    await bench.show(make_connection("a"))
    bench.service.wish_for("", kind=ConnectionKind.KAFKA)
    editor = bench.panel.editor
    assert editor.fields.draft().kind is ConnectionKind.KAFKA
    assert editor.fields.draft().user == ""
    assert not bench.service.drafts, "nothing was typed"
    bench.panel.open_new()
    assert editor.fields.draft().kind is ConnectionKind.RABBITMQ


async def test_export_writes_what_import_takes(bench: Bench, tmp_path: Path) -> None:
    await bench.show(make_connection("a", "orders"))
    file = tmp_path / "connections.json"
    await export_to(bench.services, file)
    content = json.loads(file.read_bytes())
    assert [one["name"] for one in content["connections"]] == ["orders"]
    await import_from(bench.services, file)
    assert bench.api.bodies[-1] == content
    assert [notice.severity for notice in bench.services.notices.standing()] == [Severity.INFO, Severity.INFO]


async def test_a_file_that_is_no_json_is_told_by_line_and_column(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "damaged.json"
    file.write_text('{"version": 1,\n "connections": [}')
    with pytest.raises(FileNotJson, match="line 2, column 18"):
        await import_from(bench.services, file)
    bench.api.failures["POST /connections/import"] = make_problem("Connection 3 of the file cannot be read")
    file.write_text("{}")
    with pytest.raises(ApiError, match="Connection 3"):
        await import_from(bench.services, file)
