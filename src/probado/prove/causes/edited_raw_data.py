"""Raw data were changed after they were fetched."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference


class EditedRawData(Cause):
    name = "edited-raw-data"
    says = "the raw data were changed after they were fetched: this rerun got other data from the source"
    fix = (
        "fetch them again (dvc repro -f of the stage); a correction of raw data belongs in the stage that prepares them"
    )
    rank = 240

    def in_the_end(self, difference: Difference) -> str | None:
        first = difference.lab.first
        return "" if difference.contents and (first.stage.source or first.online) else None
