"""Random numbers without a seed."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import CLOCK, Circumstance
from probado.prove.laboratory import Laboratory

# With a clock that stands still: what takes chance from both, such as uuid1, is asked after the clock alone.
KNOWN_CHANCE = Circumstance(
    "source of chance", "known", CLOCK.variables, {"chance": 1, **CLOCK.substitute}, python_alone=True
)


class Unseeded(Cause):
    name = "unseeded"
    says = "random numbers without a seed"
    fix = "seed every generator from the configuration (numpy.random.default_rng(seed), random_state=seed)"
    rank = 190

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(KNOWN_CHANCE) else None
