"""The folder of the project is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance
from probado.prove.laboratory import Difference


class PathWritten(OtherPlace):
    name = "path"
    says = "the path of a folder of this machine is in the output"
    fix = "write paths from the root of the project, and leave those of home and temporary folders out"
    rank = 140
    perturbs = Circumstance("folder", "another one", elsewhere=True)

    def in_content(self, difference: Difference) -> str | None:
        lab, folder = difference.lab, difference.lab.bench.room.folder
        places = {lab.bench.room.clone.place: "the clone", folder / "home": "the home folder"}
        places |= {folder / "tmp": "the folder for temporary files", folder / "env": "the environment"}
        for place, what in places.items():
            if output := lab.first_run_contains(str(place).encode()):
                return f"{output} holds the path of {what}"
        return None
