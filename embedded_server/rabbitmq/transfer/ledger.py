"""The account of a transfer: what went, what stays, and what of it counts for the present round alone."""

from typing import Final

from embedded_server.core.jobs import RunningJob

TO_PREFIX: Final = "to "
"""A count of this prefix says how many messages of a dry run would go to a target."""
MOST_TARGETS: Final = 100
"""Targets that a dry run counts by name."""


class Ledger:
    """Counts into a job. After an interruption what was held is looked at again, and so its counts are taken back."""

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self.sent = 0
        """Messages that arrived elsewhere and are gone from the queue, in all rounds."""
        self.held = 0
        """Messages that stay, of those looked at in this round."""
        self.unacked = 0
        """Messages read in this round and not acknowledged."""
        self.returned_in_a_row = 0
        self._kept: dict[str, int] = {}

    @property
    def matched(self) -> int:
        """Messages that a dry run would send."""
        return self._kept.get("matched", 0)

    def read(self, count: int) -> None:
        """Note messages that were read."""
        self.unacked += count

    def went(self, name: str, arrived: int, of: int) -> None:
        """Note how many of a batch's copies *arrived*."""
        self.sent += arrived
        self.unacked -= arrived
        self.returned_in_a_row = 0 if arrived else self.returned_in_a_row + of
        if arrived:
            self._job.count(name, arrived)
        self._job.advance(of)

    def stays(self, name: str, count: int = 1) -> None:
        """Note messages that stay where they are."""
        self.held += count
        self._count(name, count)

    def is_uncertain(self) -> None:
        """Note a copy that may have arrived or not; its original stays. An interruption does not make this undone."""
        self.held += 1
        self._job.count("unconfirmed")

    def would_go(self, target: str, count: int = 1) -> None:
        """Note messages that a dry run would send to *target*."""
        self.stays("matched", count)
        name = f"{TO_PREFIX}{target}"
        self._count(name if name in self._kept or len(self._kept) < MOST_TARGETS else f"{TO_PREFIX}…", count)

    def begin_anew(self) -> None:
        """Take back the counts of a round that was interrupted: the broker has put all that was held back."""
        for name, count in self._kept.items():
            self._job.count(name, -count)
        self._job.counts = {name: count for name, count in self._job.counts.items() if count}
        self._job.done = self.sent
        self._kept.clear()
        self.held = self.unacked = self.returned_in_a_row = 0

    def _count(self, name: str, count: int = 1) -> None:
        self._kept[name] = self._kept.get(name, 0) + count
        self._job.count(name, count)
