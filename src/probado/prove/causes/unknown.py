"""Nothing says why outputs differ."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference


class Unknown(Cause):
    name = "unknown"
    says = "no run here gives the committed bytes, and no experiment says why"
    fix = "dvc repro in a fresh clone, compare with what was committed; it may come from other code or data"
    rank = 290

    def in_the_end(self, difference: Difference) -> str | None:
        if difference.contents:
            return ""
        return f"the committed bytes of {difference.lab.outputs[0]} are not here to compare with: dvc pull"
