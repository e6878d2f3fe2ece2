"""A stage exceeded its time limit."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure


class Hang(Cause):
    name = "hang"
    says = "the stage did not end within its time limit"
    fix = "look where it waits; --limit gives it more minutes"
    rank = 50

    def in_failure(self, failure: Failure) -> str | None:
        limit = failure.bench.room.limit
        return f"stopped after {limit / 60:g} minutes" if failure.run.outcome.late else None
