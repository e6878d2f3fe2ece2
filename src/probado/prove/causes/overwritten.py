"""A stage changes a file that is not its own."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Finding
from probado.prove.rerun import Bench, StageRun, overwritten


class Overwritten(Cause):
    name = "overwritten"
    says = "a stage changes a file that is not its own"
    fix = "let each file be the output of one stage, and write to another one"
    rank = 260

    def after_all(self, bench: Bench, runs: dict[str, StageRun]) -> list[Finding]:
        changed = list(overwritten(bench.room, runs).items())[:3]
        return [Finding("the pipeline", f"{path}, {whose}") for path, whose in changed]
