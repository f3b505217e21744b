"""The schemas of one registry, ready to read with: each asked for once, whoever needs it; a failure is told again for some seconds."""

import contextlib
import threading
import time
from typing import Final, NamedTuple

from embedded_server.contracts.kafka import SchemaUsed
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.decoding.codecs import Codec, codec_blocking
from embedded_server.kafka.decoding.registry import Registry
from embedded_server.kafka.decoding.registry_problems import RegistryProblem, SchemaIdUnknown
from embedded_server.kafka.decoding.wire import HEAD_BYTES

FAILURE_KEPT_S: Final = 10.0
NEWEST_KEPT_S: Final = 5.0
"""A bulk of a million records asks for its subject's newest schema a few times, and a new version is soon used."""
MOST_FAILURES: Final = 10_000
UNKNOWN_IN_A_ROW: Final = 20
MOST_ID: Final = 2**31 - 1
"""Ids are Java's ints. Of a greater one a registry may not even say that it is unknown, and would seem to be none."""


class Known(NamedTuple):
    """A schema of the registry, ready."""

    codec: Codec
    used: SchemaUsed


class RegistryCodecs:
    """Codecs by the registry's ids. Any thread may ask; the first one waits for the registry, at most as long as its limits are."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._known: dict[int, Known] = {}
        self._failed: dict[int, tuple[float, UserFacingError]] = {}
        self._resting: tuple[float, UserFacingError] | None = None
        self._unknown_in_a_row = 0
        self._newest: dict[str, tuple[float, int]] = {}
        self._asking = threading.Lock()

    def of(self, id: int, *, in_passing: bool = False) -> Known:
        """Answer the schema of an id. Raises why it cannot be had.

        *In passing*, for one record of a flood, a registry that has just failed or did not know some ids in a row is not asked: these
        may be numbers that only look like ids.
        """
        known = self._known.get(id)
        if known is not None:
            return known
        if id > MOST_ID:
            raise SchemaIdUnknown(address=self.registry.address, id=id)
        self._raise_again(id, in_passing=in_passing)
        with self._asking:
            known = self._known.get(id)
            if known is not None:
                return known
            self._raise_again(id, in_passing=in_passing)
            try:
                made = self._ask(id)
            except UserFacingError as exc:
                self._note_failure(id, exc)
                raise
            self._known[id] = made
            self._unknown_in_a_row = 0
            return made

    def _note_failure(self, id: int, problem: UserFacingError) -> None:
        until = time.monotonic() + FAILURE_KEPT_S
        if len(self._failed) >= MOST_FAILURES:
            self._failed.clear()
        self._failed[id] = (until, problem)
        self._unknown_in_a_row = self._unknown_in_a_row + 1 if isinstance(problem, SchemaIdUnknown) else 0
        if self._unknown_in_a_row >= UNKNOWN_IN_A_ROW or (isinstance(problem, RegistryProblem) and problem.status >= 500):
            self._resting = (until, problem)

    def begin(self, id: int) -> None:
        """Ask for a schema on a thread of its own, for somebody who must not wait: the next record finds it known."""
        failed = self._failed.get(id) or self._resting
        if id <= MOST_ID and not self._asking.locked() and (failed is None or time.monotonic() >= failed[0]):
            threading.Thread(target=self._try, args=(id,), name=f"kafka-schema-{id}", daemon=True).start()

    def _try(self, id: int) -> None:
        with contextlib.suppress(UserFacingError):  # kept, and told to whoever asks in earnest
            self.of(id, in_passing=True)

    def peek(self, data: bytes) -> Known | None:
        """Answer the schema that *data* begins with the id of, where it is known already."""
        return self._known.get(int.from_bytes(data[1:HEAD_BYTES], "big")) if data[:1] == b"\0" else None

    def newest(self, subject: str) -> int:
        """Answer the id of a subject's newest schema, which is asked for at most once in some seconds. Raises as `of` does."""
        known = self._newest.get(subject)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        id_ = self.registry.subject(subject).id
        self._newest[subject] = (time.monotonic() + NEWEST_KEPT_S, id_)
        return id_

    def messages_of(self, id: int) -> list[str]:
        """Answer the names that a schema defines; none where it cannot be read."""
        try:
            return list(self.of(id).codec.messages)
        except UserFacingError:
            return []

    def _ask(self, id: int) -> Known:
        schema = self.registry.schema(id)
        usage = (schema.subject, schema.version) if schema.subject and schema.version else self.registry.usage(id)
        subject, version = usage or ("", None)
        codec = codec_blocking(schema.format, schema.text, subject or f"schema {id}", schema.imports)
        name = codec.messages[0] if codec.messages else ""
        return Known(codec, SchemaUsed(schema.format, id, subject, version, name))

    def _raise_again(self, id: int, *, in_passing: bool) -> None:
        for failed in (self._failed.get(id), self._resting if in_passing else None):
            if failed is not None and time.monotonic() < failed[0]:
                problem = failed[1]
                problem.__traceback__ = None  # the same one is raised for every record: it must not grow
                raise problem

    def close(self) -> None:
        """Close the registry's connections. May be called twice."""
        self.registry.close()
