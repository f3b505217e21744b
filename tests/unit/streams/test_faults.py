"""Every way a connection fails has a title, a hint, and a verdict on whether coming back helps."""

import socket
import ssl

import pytest

from embedded_server.streams import problems
from embedded_server.streams.faults import broken_problem, close_problem, connect_problem, status_problem
from embedded_server.streams.spec import Target

TARGET = Target("https://me:pw@host:8443/p?token=x", "https://host:8443/p")


def chained(cause: Exception) -> Exception:
    error = RuntimeError("All connection attempts failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        (socket.gaierror(-2, "Name or service not known"), "No host is called host"),
        (ConnectionRefusedError(111, "refused"), "Nothing answers at host:8443"),
        (
            ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1)"),
            "No secure connection to host:8443: handshake failed",
        ),
    ],
)
def test_the_cause_behind_a_failed_connection_is_named_without_credentials(cause: Exception, title: str) -> None:
    problem = connect_problem(chained(cause), TARGET)
    assert str(problem) == title
    assert problem.problem().hint
    assert "pw" not in str(problem)


@pytest.mark.parametrize(
    ("code", "kind", "final"),
    [
        (204, problems.StreamFinished, True),
        (400, problems.RequestRefused, True),
        (401, problems.CredentialsRefused, True),
        (404, problems.RequestRefused, True),
        (429, problems.AnsweredWithStatus, False),
        (500, problems.AnsweredWithStatus, False),
        (503, problems.AnsweredWithStatus, False),
        (599, problems.AnsweredWithStatus, False),
    ],
)
def test_an_answers_status_decides_whether_to_come_back(code: int, kind: type[problems.StreamProblem], final: bool) -> None:
    problem = status_problem(code)
    assert type(problem) is kind
    assert problem.final is final
    assert problem.problem().hint


@pytest.mark.parametrize(
    ("code", "reason", "title", "final"),
    [
        (1000, "", "Closed with 1000: finished", True),
        (1001, "bye", "Closed with 1001: bye", False),
        (1006, "", "Closed with 1006: no farewell", False),
        (1012, "", "Closed with 1012: restarting", False),
        (4401, "", "Closed with 4401: not signed in", True),
        (4000, "", "Closed with 4000: no reason given", False),
    ],
)
def test_a_close_code_is_explained(code: int, reason: str, title: str, final: bool) -> None:
    problem = close_problem(code, reason)
    assert (str(problem), problem.final) == (title, final)


def test_a_cut_connection_says_who_cut_it() -> None:
    assert "connection reset by the other side" in str(broken_problem(chained(ConnectionResetError(104, "reset"))))
