"""An SVG picture holds the date and random ids."""

from __future__ import annotations

from probado.prove.alike import same_drawing
from probado.prove.causes.base import SameContent


class SvgIds(SameContent):
    name = "svg-ids"
    says = "SVG holds the date and random ids; the drawing is the same"
    fix = 'rcParams["svg.hashsalt"] = "any text", savefig(..., metadata={"Date": None})'
    rank = 110
    same = staticmethod(same_drawing)
