"""The times of files are in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import CLOCK, Circumstance
from probado.prove.laboratory import Laboratory

STILL = Circumstance("times of files", "fixed", CLOCK.variables, {"file times": True, **CLOCK.substitute})


class FileTimes(OtherPlace):
    name = "file-times"
    says = "the time at which a file was last changed is in the output, or decides an order"
    fix = "sort by name, and leave times of files out: every clone has others"
    rank = 175
    perturbs = Circumstance("times of files", "9 September 2001", changed=10**9)

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(STILL) else None
