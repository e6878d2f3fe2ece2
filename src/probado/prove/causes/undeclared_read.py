"""A stage reads data that it does not declare."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.rerun import StageRun


class UndeclaredRead(Cause):
    name = "undeclared-read"
    says = "the stage reads a file that it does not declare, so a change of it would rerun nothing"
    fix = "name it among the deps or params of the stage in dvc.yaml"
    rank = 30

    def in_run(self, run: StageRun) -> str | None:
        return "; ".join(run.reads.data[:5]) or None
