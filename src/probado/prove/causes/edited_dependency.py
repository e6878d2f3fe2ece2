"""A stage writes to a file that it reads."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.rerun import StageRun


class EditedDependency(Cause):
    name = "edited-dependency"
    says = "a file that the stage reads was changed while it ran"
    fix = "write to a file of its own; what a stage reads stays as it is"
    rank = 10

    def in_run(self, run: StageRun) -> str | None:
        return ", ".join(run.edited) or None
