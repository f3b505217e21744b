"""What went wrong, in the user's language: the same title and hint whether it happened in the window or in the server."""

from typing import Final

from desktop.core.i18n import tr
from embedded_server.contracts.problems import N_, ProblemDetails, UserFacingError

UNEXPECTED: Final = ProblemDetails(
    type="urn:switchroom:problem:unexpected",
    title="Something went wrong in Switchroom",
    status=500,
    title_template=N_("Something went wrong in Switchroom"),
    hint_template=N_("The details are in the log. Please report it if it happens again."),
)


class ApiError(Exception):
    """The server answered with a problem, or did not answer. ``problem`` is what it said."""

    def __init__(self, problem: ProblemDetails) -> None:
        super().__init__(problem.title)
        self.problem = problem


class ServerUnreachable(ApiError):
    """No answer came. The frame shows this by itself, so a panel only keeps what it has."""

    def __init__(self, address: str, detail: str = "") -> None:
        super().__init__(
            ProblemDetails(
                type="urn:switchroom:problem:server-unreachable",
                title=f"The server does not answer at {address}",
                status=503,
                detail=detail,
                title_template=N_("The server does not answer at {address}"),
                hint_template=N_("It is started again by itself where Switchroom started it; otherwise start it, then try again."),
                params={"address": address},
            )
        )


class NotSignedIn(ApiError):
    """The token is missing, expired or revoked. The frame asks to sign in; nobody else needs to tell the user."""


def problem_of(exc: BaseException) -> ProblemDetails | None:
    """Answer what *exc* tells the user, or None where it is not meant for one."""
    if isinstance(exc, ApiError):
        return exc.problem
    if isinstance(exc, UserFacingError):
        return exc.problem()
    return None


def title_of(problem: ProblemDetails) -> str:
    """Answer the problem's title in the user's language."""
    return _translated(problem.title_template, problem) or problem.title


def hint_of(problem: ProblemDetails) -> str:
    """Answer what to try, in the user's language."""
    return _translated(problem.hint_template, problem) or problem.hint


def _translated(template: str, problem: ProblemDetails) -> str:
    try:
        return tr(template).format_map(problem.params)
    except (KeyError, IndexError, ValueError):  # another version's server: its finished text is better than none
        return ""
