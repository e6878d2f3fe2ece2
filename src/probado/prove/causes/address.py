"""Addresses in memory are in the output."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import Circumstance
from probado.prove.laboratory import Laboratory

FIXED = Circumstance("addresses in memory", "fixed", before=("setarch", "-R"))


class Address(Cause):
    name = "address"
    says = "an address in memory is in the output, or decides an order, as id() and the default repr do"
    fix = "write values instead: give the class a __repr__, sort by a key of your own"
    rank = 185

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(FIXED) else None
