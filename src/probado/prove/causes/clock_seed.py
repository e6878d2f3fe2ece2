"""Values depend on the clock without showing it."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import CLOCK
from probado.prove.laboratory import Laboratory


class ClockSeed(Cause):
    name = "clock-seed"
    says = "values depend on the clock: a seed is taken from it, or a time is written in a form not known here"
    fix = "take the seed from the configuration; leave the time out of what the pipeline writes"
    rank = 170

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(CLOCK) else None
