"""A stage fails on some runs and succeeds on others."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure
from probado.prove.rerun import StageRun, reason, run_stage


class FailsSometimes(Cause):
    name = "fails-sometimes"
    says = "the stage fails on some runs and succeeds on others, with the same code and data"
    fix = "find what differs from run to run, such as a seed, a race or a time limit, and fix it"
    rank = 75

    def in_run(self, run: StageRun) -> str | None:
        return run.failed_once or None

    def in_failure_by_rerun(self, failure: Failure) -> str | None:
        run = failure.run
        if run.outcome.late or run_stage(failure.bench, run.stage, online=run.online).failed:
            return None
        return reason(run)
