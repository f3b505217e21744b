"""The logs of a broker that may be killed and come back."""

from pathlib import Path

from embedded_server.brokers.kafka.log.answers import Appended
from embedded_server.brokers.kafka.log.batch import headers_in
from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.log.partition import PartitionLog
from tests.helpers.kafka_batches import NOW_MS, By, Rec, Seen, batch, read_back

TOPIC = "orders"


class Life:
    """One folder, and the logs that are open on it now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = Logs(folder)
        self.logs.open()
        self.now_ms = NOW_MS

    def log(self, **configs: str) -> PartitionLog:
        """The one partition of the topic, made at first."""
        if TOPIC not in self.logs.topics:
            self.logs.create(TOPIC, 1, {name.replace("_", "."): value for name, value in configs.items()})
        return self.logs.topics[TOPIC].partitions[0]

    def send(self, records: list[Rec], by: By | None = None, codec: int = 0) -> Appended:
        """Append one batch."""
        return self.log().append(batch(records, by, codec), now_ms=self.now_ms)

    def records(self) -> list[Seen]:
        """All that can be read."""
        log = self.log()
        return read_back(all_of(log))

    def kill_and_return(self) -> PartitionLog:
        """Open the folder again after an end without a word: what was only in memory is gone."""
        self.logs._files.close()
        assert self.logs._catalogue is not None
        self.logs._catalogue.close()
        return self._open()

    def close_and_return(self) -> PartitionLog:
        """Open the folder again after a good end."""
        self.logs.close()
        return self._open()

    def _open(self) -> PartitionLog:
        self.logs = Logs(self.folder)
        self.logs.open()
        return self.log()

    def tidy(self) -> None:
        """Let the logs do what they do by themselves, now."""
        self.logs._next_round_ms = 0
        while self.logs.tidy(self.now_ms):
            pass

    @property
    def files(self) -> list[str]:
        """The names in the partition's folder."""
        return sorted(path.name for path in (self.folder / f"{TOPIC}-0").iterdir())

    def path(self, name: str) -> Path:
        """One of them."""
        return self.folder / f"{TOPIC}-0" / name


def all_of(log: PartitionLog, *, at_once: int = 1 << 20) -> list[memoryview]:
    """Everything, read from the start on as a consumer does."""
    found: list[memoryview] = []
    offset = log.start
    while True:
        chunks = log.read(offset, at_once, below=log.end, at_least_one=True)
        if not chunks:
            return found
        found += chunks
        for placed in headers_in(chunks[-1]):
            offset = placed.header.next_offset
