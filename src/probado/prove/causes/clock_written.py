"""The time of the run is written into the output."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import CLOCK
from probado.prove.laboratory import Difference, Laboratory

# The day of CLOCK, as programs write it.
DAY = (b"2030-12-14", b"1923445678", b"14/12/2030", b"12/14/2030", b"20301214", b"Dec 14")


class ClockWritten(Cause):
    name = "clock-written"
    says = "the time of the run is written into the output"
    fix = "leave it out of what the pipeline writes; when a run took place is in its MLflow run and in git"
    rank = 160

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(CLOCK) and any(lab.contains(text) for text in DAY) else None

    def in_steady(self, difference: Difference) -> str | None:
        return "" if difference.lab.changes(CLOCK) else None
