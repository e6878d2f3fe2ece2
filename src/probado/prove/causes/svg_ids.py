"""An SVG picture holds the date and random ids."""

from __future__ import annotations

from probado.prove.alike import same_drawing
from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference, Laboratory


class SvgIds(Cause):
    name = "svg-ids"
    says = "SVG holds the date and random ids; the drawing is the same"
    fix = 'rcParams["svg.hashsalt"] = "any text", savefig(..., metadata={"Date": None})'
    rank = 110

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if any(same_drawing(*pair) for pair in lab.first_and_latest()) else None

    def in_steady(self, difference: Difference) -> str | None:
        return "" if any(same_drawing(*pair) for pair in difference.committed_and_first()) else None
