"""A stage that brings no raw data uses the network."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure
from probado.prove.laboratory import Difference
from probado.prove.rerun import run_stage


class NetworkUse(Cause):
    name = "network"
    says = "the stage reaches for the network"
    fix = "bring what it needs in a stage of its own with meta {network: true}, checked against a hash"
    rank = 80

    def in_failure(self, failure: Failure) -> str | None:
        reads = failure.run.reads
        if failure.run.online or not (reads.calls or reads.unreachable):
            return None
        return ", ".join(reads.calls[:3]) or failure.said

    def in_failure_by_rerun(self, failure: Failure) -> str | None:
        run = failure.run
        if run.online or not run.outcome.status or run_stage(failure.bench, run.stage, online=True).failed:
            return None
        return f"it succeeds with the network; without: {failure.said}"

    def in_the_end(self, difference: Difference) -> str | None:
        return ", ".join(difference.lab.first.reads.calls[:3]) or None
