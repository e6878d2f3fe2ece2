"""What is known of the requests afterwards: counts for Prometheus, and a line of JSON for each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from probado.life.watch.requests import SERVED


class Telemetry:
    """Counts and logs requests."""

    def __init__(self, root: Path) -> None:
        self.folder = root / SERVED
        self.folder.mkdir(parents=True, exist_ok=True)
        self.registry = CollectorRegistry()
        labels = ("what", "version")
        self.requests = Counter("requests", "Requests by status", (*labels, "status"), registry=self.registry)
        self.rows = Counter("rows", "Rows that were predicted", labels, registry=self.registry)
        self.seconds = Histogram("request_seconds", "Seconds of a request", labels, registry=self.registry)
        self._tasks: set[asyncio.Task[None]] = set()

    def asked(
        self, what: str, name: str, status: int, version: str, rows: list[Any], said: dict[str, Any], seconds: float
    ) -> None:
        """Count and log a request that was answered."""
        self.requests.labels(what, version, str(status)).inc()
        self.seconds.labels(what, version).observe(seconds)
        if status == 200:
            self.rows.labels(what, version).inc(len(rows))
        now = datetime.now(UTC)
        line = {"time": now.isoformat(), "id": name, "what": what, "status": status, "seconds": round(seconds, 6)}
        line |= {"rows": rows, **said} if status == 200 else said
        with (self.folder / f"{now:%Y-%m-%d}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def exposed(self) -> tuple[bytes, str]:
        """The counts as Prometheus reads them, and their media type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
