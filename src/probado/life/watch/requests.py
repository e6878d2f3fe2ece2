"""What the served requests of a version were, from their log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# A file a day, which make serve writes.
SERVED = Path(".life/served")


@dataclass
class Served:
    """Rows of requests; predictions, of each its request's id and the row in it; requests, and those refused."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    predictions: list[dict[str, Any]] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    requests: int = 0
    refused: int = 0


def served(root: Path, version: str, days: float) -> Served:
    """The requests that a version answered in the last days; a torn last line is left out."""
    since, found = datetime.now(UTC) - timedelta(days=days), Served()
    for line in _lines(root / SERVED, since):
        if line.get("what") != "predict" or datetime.fromisoformat(line["time"]) < since:
            continue
        if line["status"] != 200:
            found.requests += 1
            found.refused += line["status"] in (400, 422)
        elif line["version"] == version:
            found.requests += 1
            found.rows += line["rows"]
            found.predictions += line["predictions"]
            found.names += [(line["id"], one["row"]) for one in line["predictions"]]
    return found


def _lines(folder: Path, since: datetime) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem < f"{since:%Y-%m-%d}":
            continue
        with path.open(encoding="utf-8") as file:
            for text in file:
                try:
                    yield json.loads(text)
                except ValueError:
                    continue
