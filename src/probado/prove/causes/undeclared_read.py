"""A stage reads data that it does not declare."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure
from probado.prove.rerun import StageRun, run_stage
from probado.repository.paths import inside


class UndeclaredRead(Cause):
    name = "undeclared-read"
    says = "the stage reads a file that it does not declare, so a change of it would rerun nothing"
    fix = "name it among the deps or params of the stage in dvc.yaml"
    rank = 30

    def in_run(self, run: StageRun) -> str | None:
        return "; ".join(run.reads.data[:5]) or None

    def in_failure(self, failure: Failure) -> str | None:
        missed = (path for path in failure.missing_files() if inside(path, failure.run.hidden))
        return next((f"{path}: {failure.said}" for path in missed), None)

    def in_failure_by_rerun(self, failure: Failure) -> str | None:
        run = failure.run
        if not run.hidden or run_stage(failure.bench, run.stage, hide=False).failed:
            return None
        return f"it succeeds where {', '.join(sorted(run.hidden)[:5])} are there"
