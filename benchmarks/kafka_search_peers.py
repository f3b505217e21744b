"""One side of the search benchmark in a process of its own: a bare consumer, or the search. Prints what it measured as JSON."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.kafka_search import BARE_RECORDS, NEEDLE, TOPIC
from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings
from embedded_server.contracts.kafka import SearchRequest
from embedded_server.core.profiles import Profile

BEAT_S = 0.01


def bare(bootstrap: str) -> dict[str, Any]:
    """Read a part with kafka-python as its documentation has it, tuned as people tune it."""
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, max_poll_records=10_000)
    places = [TopicPartition(TOPIC, partition) for partition in sorted(consumer.partitions_for_topic(TOPIC))]
    consumer.assign(places)
    consumer.seek_to_beginning()
    consumer.poll(timeout_ms=5_000, max_records=1)  # connected and under way
    began, count = time.perf_counter(), 0
    while count < BARE_RECORDS:
        count += sum(len(records) for records in consumer.poll(timeout_ms=1_000).values())
    took_s = time.perf_counter() - began
    consumer.close()
    return {"rate": count / took_s}


async def ours(bootstrap: str, folder: Path) -> dict[str, Any]:
    """Search as the server does, with its journal on disk."""
    from embedded_server.core.collector import spare_the_collector
    from embedded_server.core.jobs import Jobs
    from embedded_server.core.sqlite_threads import count_no_memory
    from embedded_server.journal import Journal
    from embedded_server.kafka.service import KafkaService

    count_no_memory()
    journal = Journal(folder / "journal.db")
    journal.open()
    spec = ConnectionSpec("bench", ConnectionKind.KAFKA, kafka=KafkaSettings(bootstrap))

    async def resolve(_: str) -> Profile:
        return Profile("bench", spec)

    jobs = Jobs()
    service = KafkaService(journal, resolve, folder, jobs)
    await service.start()
    spare_the_collector()
    began = time.perf_counter()
    job = jobs.job((await service.search.search("bench", SearchRequest(TOPIC, NEEDLE))).id)
    seen: dict[str, float] = {}
    late: list[float] = []
    while not job.state.is_over:
        asked = time.perf_counter()
        await asyncio.sleep(BEAT_S)
        now = time.perf_counter()
        late.append(now - asked - BEAT_S)
        if job.done and "progress" not in seen:
            seen["progress"] = now - began
        if job.counts.get("hits") and "hit" not in seen:
            seen["hit"] = now - began
    took_s = time.perf_counter() - began
    page = await journal.query(job.filter, limit=10)
    assert [row.status for row in page.rows] == ["found"], job.snapshot()
    assert job.done == job.total, job.snapshot()
    await service.stop()
    journal.close()
    return {
        "rate": job.done / took_s,
        "took_s": round(took_s, 1),
        "scanned": job.done,
        "hits": job.counts["hits"],
        "first_progress_s": round(seen["progress"], 2),
        "first_hit_s": round(seen["hit"], 1),
        "late_p99_ms": round(sorted(late)[int(len(late) * 0.99)] * 1_000, 1),
    }


def main() -> None:
    """Measure one side."""
    who, bootstrap, folder = sys.argv[1:4]
    print(json.dumps(bare(bootstrap) if who == "bare" else asyncio.run(ours(bootstrap, Path(folder)))))


if __name__ == "__main__":
    main()
