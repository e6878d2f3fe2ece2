"""A stage failed, and nothing says why but its own messages."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure
from probado.prove.rerun import reason


class StageError(Cause):
    name = "error"
    says = "the stage failed"
    fix = "run it in a fresh clone (git clone, make env, dvc repro) and look at its messages"
    rank = 280

    def in_failure_by_rerun(self, failure: Failure) -> str | None:
        return reason(failure.run)
