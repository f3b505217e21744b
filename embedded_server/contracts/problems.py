"""Errors a user sees: one title and one hint, carried unchanged from where they happen to the window.

Over HTTP they travel as ``application/problem+json`` (RFC 9457). The templates travel beside the finished text, so that the window
can say the same in the user's language.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar


def N_(text: str) -> str:
    """Mark *text* for translation where it stands; it is translated where it is shown."""
    return text


class UserFacingError(Exception):
    """Base of every error that is meant for the user.

    A subclass gives ``title`` and ``hint`` as templates over the keyword arguments, marked with ``N_``::

        class BrokerUnreachable(UserFacingError):
            status = 502
            title = N_("No broker answers at {address}")
            hint = N_("Check the address, or start the broker.")

        raise BrokerUnreachable(address="127.0.0.1:5672") from exc
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = N_("This did not work")
    hint: ClassVar[str] = N_("Look into the server's log for the cause.")

    def __init__(self, *, detail: str = "", **params: str | float) -> None:
        self.detail = detail
        self.params = params
        super().__init__(self.title.format_map(params))

    @property
    def code(self) -> str:
        """The error's stable name in the API: ``BrokerUnreachable`` is ``broker-unreachable``."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")

    def problem(self) -> "ProblemDetails":
        """This error as it goes over the wire."""
        return ProblemDetails(
            type=f"urn:switchroom:problem:{self.code}",
            title=str(self),
            status=self.status,
            detail=self.detail,
            hint=self.hint.format_map(self.params),
            title_template=self.title,
            hint_template=self.hint,
            params=dict(self.params),
        )


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """The body of every error answer (RFC 9457), with our ``hint`` and the parts the window translates."""

    type: str
    title: str
    status: int
    detail: str = ""
    hint: str = ""
    title_template: str = ""
    hint_template: str = ""
    params: dict[str, Any] = field(default_factory=dict)
