"""A stage reads data that it does not declare."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure
from probado.prove.laboratory import Difference
from probado.prove.rerun import StageRun, hidden_outside, undeclared_file


class UndeclaredRead(Cause):
    name = "undeclared-read"
    says = "the stage reads a file that it does not declare, so a change of it would rerun nothing"
    fix = "name it among the deps or params of the stage in dvc.yaml"
    rank = 30

    def in_run(self, run: StageRun) -> str | None:
        return "; ".join(run.reads.data[:5]) or None

    def in_failure(self, failure: Failure) -> str | None:
        found = hidden_outside(failure.run)
        if not found:
            return None
        original = failure.bench.room.project
        known = {str(original / path) for path in failure.bench.known}
        if found[0] in known:
            return f"{found[0]}, a path of this machine alone: write it from the project's root"
        return f"{found[0]}, which is no part of the repository"

    def in_the_end(self, difference: Difference) -> str | None:
        first = difference.lab.first
        if not first.lacks_files or not difference.lab.needs_files():
            return None
        return f"{undeclared_file(first)}: with it the outputs are as committed"
