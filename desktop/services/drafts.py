"""What was typed into a panel's forms and not sent: it outlives the form, a sign-out and a change of language."""

from typing import Any, TypeVar

D = TypeVar("D")


class Drafts:
    """Kept by a panel's service, one set for each account."""

    def __init__(self) -> None:
        self._drafts: dict[str, Any] = {}
        self._draft_of = ""

    def keep_drafts_of(self, account: str) -> None:
        """Whoever signs in finds what they typed themselves, and never what somebody else did."""
        if self._draft_of not in {"", account}:
            self._drafts.clear()
        self._draft_of = account

    def draft(self, key: str, default: D) -> D:
        """Answer what was typed into the form *key* and not sent; *default* where nothing of its type was."""
        kept = self._drafts.get(key)
        return kept if isinstance(kept, type(default)) else default

    def keep_draft(self, key: str, draft: object) -> None:
        """Remember what stands in the form *key*; None forgets it."""
        if draft is None:
            self._drafts.pop(key, None)
        else:
            self._drafts[key] = draft
