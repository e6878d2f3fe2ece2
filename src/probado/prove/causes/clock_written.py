"""The time of the run is written into the output."""

from __future__ import annotations

import time

from probado.prove.causes.base import Cause
from probado.prove.circumstances import ANOTHER_DAY, CLOCK
from probado.prove.laboratory import Difference, Laboratory

# The day of CLOCK as programs write it.
FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%b %d")
DAY = [str(ANOTHER_DAY), *(time.strftime(form, time.gmtime(ANOTHER_DAY)) for form in FORMATS)]


class ClockWritten(Cause):
    name = "clock-written"
    says = "the time of the run is written into the output"
    fix = "leave it out of what the pipeline writes; when a run took place is in its MLflow run and in git"
    rank = 160
    tries = CLOCK

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(CLOCK) and any(lab.contains(text.encode()) for text in DAY) else None

    def in_steady(self, difference: Difference) -> str | None:
        return "" if difference.lab.changes(CLOCK) else None
