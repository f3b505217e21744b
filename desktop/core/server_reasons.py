"""Why a part of the server stands still, in the user's language.

The server writes a reason as one English sentence, for its log as well. Those of a known form are said in the window's language; any
other is shown as it came.
"""

import re
from typing import Final

from desktop.core.i18n import N_, tr

_FORMS: Final = tuple(
    (re.compile(pattern, re.DOTALL), template)
    for pattern, template in (
        (r"Killed by (?P<signal>SIG\w+|signal \d+)", N_("Killed by {signal}")),
        (r"Ended with exit status (?P<status>\d+)", N_("Ended with exit status {status}")),
        (r"Ended with exit status (?P<status>\d+): (?P<last>.+)", N_("Ended with exit status {status}: {last}")),
        (r"Not ready within (?P<seconds>[\d.]+) seconds", N_("Not ready within {seconds} s")),
        (r"Did not end within (?P<seconds>[\d.]+) seconds", N_("Did not end within {seconds} s")),
        (r"Cannot be started: (?P<why>.+)", N_("Cannot be started: {why}")),
        (r"The journal was damaged and set aside as (?P<file>.+)", N_("The journal was damaged and set aside as {file}")),
        (r"The list of streams was damaged and set aside as (?P<file>.+)", N_("The list of streams was damaged and set aside as {file}")),
        (
            r"The list of connections was damaged and set aside as (?P<file>.+)",
            N_("The list of connections was damaged and set aside as {file}"),
        ),
        (r"Its supervision failed; the server's log has the cause", N_("Its supervision failed; the server's log has the cause")),
        (
            r"Something unforeseen happened; the server's log has the cause",
            N_("Something unforeseen happened; the server's log has the cause"),
        ),
    )
)


def reason_text(reason: str) -> str:
    """Say *reason*, as the server wrote it, in the user's language where its form is known."""
    for form, template in _FORMS:
        if (found := form.fullmatch(reason)) is not None:
            return tr(template, **found.groupdict())
    return reason
