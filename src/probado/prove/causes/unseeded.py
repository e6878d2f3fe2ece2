"""Random numbers without a seed."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import Circumstance
from probado.prove.laboratory import Laboratory

KNOWN_CHANCE = Circumstance("source of chance", "known", substitute={"chance": 1})


class Unseeded(Cause):
    name = "unseeded"
    says = "random numbers without a seed"
    fix = "seed every generator from the configuration (numpy.random.default_rng(seed), random_state=seed)"
    rank = 190

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(KNOWN_CHANCE) else None
