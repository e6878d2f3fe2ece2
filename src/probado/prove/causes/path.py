"""The folder of the project is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance
from probado.prove.laboratory import Difference


class PathWritten(OtherPlace):
    name = "path"
    says = "the folder in which the project lies is in the output"
    fix = "write paths from the root of the project"
    rank = 140
    perturbs = Circumstance("folder", "another one", elsewhere=True)

    def in_content(self, difference: Difference) -> str | None:
        output = difference.lab.first_run_contains(str(difference.lab.root).encode())
        return f"{output} holds the path of the clone" if output else None
