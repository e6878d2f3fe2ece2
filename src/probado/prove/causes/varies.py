"""A stage gives something else on every run, and no experiment says why."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Laboratory


class Varies(Cause):
    name = "varies"
    says = "it gives something else on every run, and no experiment held it"
    fix = "look for randomness that no seed reaches (GPU kernels, grouped sums of polars, other programs, services)"
    rank = 270

    def in_variation(self, lab: Laboratory) -> str | None:
        return "; ".join(lab.not_tried())
