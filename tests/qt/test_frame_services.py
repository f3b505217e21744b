"""Settings, the API client and the claim on a data directory."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import QByteArray
from pytestqt.qtbot import QtBot

from desktop.core.formatting import TimeDisplay, set_time_display, time_display
from desktop.core.problems import ApiError, NotSignedIn, ServerUnreachable, title_of
from desktop.services.api import ApiClient
from desktop.services.instance import Instance
from desktop.services.settings import Settings, ThemeMode

pytestmark = pytest.mark.usefixtures("qapp")


@dataclass(frozen=True, slots=True)
class Note:
    """Something to send."""

    text: str
    number: int
    tags: list[str]


def api_of(handler: Any, token: str = "secret") -> ApiClient:
    return ApiClient("http://server/", token, transport=httpx.MockTransport(handler))


def test_answers_are_typed_and_big_numbers_go_both_ways_unharmed() -> None:
    async def scenario() -> None:
        api = api_of(lambda request: httpx.Response(200, content=request.content))
        note = Note("hi", 2**70, ["a"])
        assert await api.post("/notes", note, Note) == note
        await api.close()
        await api.close()

    asyncio.run(scenario())


def test_the_token_goes_into_the_header_and_empty_queries_stay_out() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    asyncio.run(api_of(answer).get("/events", list, filter="a b&c", limit=3, before=None))
    assert str(seen[0].url) == "http://server/events?filter=a+b%26c&limit=3"
    assert seen[0].headers["Authorization"] == "Bearer secret"


def test_who_has_patience_waits_longer_and_the_server_is_not_told() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    asyncio.run(api_of(answer).post("/slow", None, list, timeout_s=60.0, vhost="/"))
    assert str(seen[0].url) == "http://server/slow?vhost=%2F"
    assert seen[0].extensions["timeout"]["read"] == 60.0


def test_a_problem_is_raised_with_its_words() -> None:
    body = {"type": "urn:switchroom:problem:unknown-task", "title": "No task is named x", "status": 404, "hint": "Start a worker."}
    with pytest.raises(ApiError) as caught:
        asyncio.run(api_of(lambda _: httpx.Response(404, json=body)).delete("/tasks/x"))
    assert (caught.value.problem.title, caught.value.problem.hint) == ("No task is named x", "Start a worker.")


def test_an_error_that_is_no_problem_document_is_told_by_its_number() -> None:
    with pytest.raises(ApiError) as caught:
        asyncio.run(api_of(lambda _: httpx.Response(502, text="<html>")).get("/x", dict))
    assert title_of(caught.value.problem) == "The server answered 502 Bad Gateway"


def test_a_401_says_signed_out_once_and_only_of_the_token_in_use() -> None:
    said: list[str] = []

    async def scenario() -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/late":
                api.set_token("new")  # signed in again while the request was under way
            return httpx.Response(401, json={"type": "t", "title": "Ended", "status": 401})

        api = api_of(answer)
        api.signed_out.connect(lambda: said.append("signed out"))
        with pytest.raises(ApiError) as late:
            await api.get("/late", dict)
        assert not isinstance(late.value, NotSignedIn)
        assert said == []
        with pytest.raises(NotSignedIn):
            await api.get("/x", dict)

    asyncio.run(scenario())
    assert said == ["signed out"]


def test_no_answer_is_told_with_the_address() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ServerUnreachable) as caught:
        asyncio.run(api_of(refuse).get("/x", dict))
    assert title_of(caught.value.problem) == "The server does not answer at http://server"


def test_before_the_server_has_an_address_requests_fail_like_any_other() -> None:
    with pytest.raises(ServerUnreachable):
        asyncio.run(ApiClient().get("/x", dict))


def test_a_stream_is_written_to_a_file_with_progress(tmp_path: Path) -> None:
    seen: list[int] = []
    api = api_of(lambda _: httpx.Response(200, content=b"x" * 3_000_000))
    size = asyncio.run(api.stream_to_file("/events/export", {"format": "csv"}, tmp_path / "out.csv", seen.append))
    assert size == seen[-1] == (tmp_path / "out.csv").stat().st_size == 3_000_000


def test_a_refused_stream_writes_no_file(tmp_path: Path) -> None:
    api = api_of(lambda _: httpx.Response(400, json={"type": "t", "title": "Bad filter", "status": 400}))
    with pytest.raises(ApiError, match="Bad filter"):
        asyncio.run(api.stream_to_file("/events/export", {}, tmp_path / "out.csv"))
    assert not (tmp_path / "out.csv").exists()


def test_settings_keep_their_types_over_a_restart(tmp_path: Path) -> None:
    first = Settings(tmp_path)
    first.set_value("timeline/columns", [1, 2, 3])
    first.set_value("timeline/live", value=False)
    first.set_value("timeline/ratio", 0.25)
    first.set_blob("timeline/splitter", QByteArray(b"\x00\xff"))
    first.theme_mode = ThemeMode.DARK
    first.sync()
    second = Settings(tmp_path)
    assert second.value("timeline/columns", [0]) == [1, 2, 3]
    assert second.value("timeline/live", default=True) is False
    assert second.value("timeline/ratio", 1.0) == 0.25
    assert second.blob("timeline/splitter") == QByteArray(b"\x00\xff")
    assert second.theme_mode is ThemeMode.DARK


def test_a_single_item_and_an_empty_list_come_back_as_lists(tmp_path: Path) -> None:
    first = Settings(tmp_path)
    first.set_value("a/one", ["x"])
    first.set_value("a/none", list[str]())
    first.sync()
    second = Settings(tmp_path)
    assert second.value("a/one", ["d"]) == ["x"]
    assert second.value("a/none", ["d"]) == []


def test_a_value_that_makes_no_sense_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "window.ini").write_text("[look]\ntheme=pink\nlanguage=tlh\n[table]\nwidth=wide\n")
    settings = Settings(tmp_path)
    assert settings.theme_mode is ThemeMode.SYSTEM
    assert settings.language in {"en", "zh_TW"}
    assert settings.value("table/width", 80) == 80


def test_the_command_lines_choice_is_not_kept_until_the_user_chooses(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.override("look/theme", "dark")
    assert settings.theme_mode is ThemeMode.DARK
    settings.sync()
    assert Settings(tmp_path).theme_mode is ThemeMode.SYSTEM
    settings.theme_mode = ThemeMode.LIGHT
    assert settings.theme_mode is ThemeMode.LIGHT


def test_how_times_are_written_takes_effect_at_once(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    changed: list[str] = []
    settings.changed.connect(changed.append)
    settings.time_display = TimeDisplay(utc=True, relative=True)
    assert time_display() == settings.time_display == TimeDisplay(utc=True, relative=True)
    assert changed == ["look/time"]
    set_time_display(TimeDisplay())


SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from desktop.services.instance import Instance
app = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
print(instance.claim(), instance.raise_first_blocking(), flush=True)
"""


def test_a_second_launch_raises_the_first_window(qtbot: QtBot, tmp_path: Path) -> None:
    first = Instance(tmp_path)
    assert first.claim()
    first.listen()
    with subprocess.Popen([sys.executable, "-c", SECOND, str(tmp_path)], stdout=subprocess.PIPE, text=True) as second:
        with qtbot.waitSignal(first.raise_requested, timeout=20_000):
            pass
        qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
        assert second.stdout is not None
        assert second.stdout.read() == "False True\n"
    first.release()
    first.release()


def test_a_directory_is_free_again_after_its_window_was_killed(tmp_path: Path) -> None:
    script = SECOND.replace("print(", "input() if not instance.claim() else print(")
    holder = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, timeout=30)
    assert holder.stdout
    instance = Instance(tmp_path)
    assert instance.claim()
    instance.release()


def test_a_file_is_sent_piece_by_piece_with_its_length_and_progress(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"x" * 2_500_000)
    seen: list[tuple[str, int]] = []
    told: list[int] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["Content-Length"], len(await request.aread())))
        return httpx.Response(200, json={"text": "kept", "number": 1, "tags": []})

    note = asyncio.run(api_of(answer).send_file("/bodies", file, Note, told.append))
    assert note == Note("kept", 1, [])
    assert seen == [("2500000", 2_500_000)]
    assert told == [1_048_576, 2_097_152, 2_500_000]


def test_a_file_that_cannot_be_sent_says_why(tmp_path: Path) -> None:
    problem = {"type": "t", "title": "This is too large", "status": 413}
    with pytest.raises(FileNotFoundError):
        asyncio.run(api_of(lambda _: httpx.Response(200)).send_file("/bodies", tmp_path / "none", Note))
    (tmp_path / "body").write_bytes(b"x")
    with pytest.raises(ApiError, match="This is too large"):
        asyncio.run(api_of(lambda _: httpx.Response(413, json=problem)).send_file("/bodies", tmp_path / "body", Note))
