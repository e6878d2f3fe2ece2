"""Nothing says why outputs differ."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference


class Unknown(Cause):
    name = "unknown"
    says = "it gives the same on every run here, and something else than was committed"
    fix = "dvc repro in a fresh clone, compare with what was committed; it may be of other code or data"
    rank = 290

    def in_the_end(self, difference: Difference) -> str | None:
        if difference.contents:
            return ""
        return f"the committed bytes of {difference.lab.outputs[0]} are not here to compare with: dvc pull"
