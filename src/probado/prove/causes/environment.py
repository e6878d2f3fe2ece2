"""The environment that made the results is not the one that the locks name."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference


class EnvironmentDrift(Cause):
    name = "environment"
    says = "the environment is not the one that the locks name"
    fix = "make env (or install exactly the locks), dvc repro, commit dvc.lock"
    rank = 230

    def in_the_end(self, difference: Difference) -> str | None:
        return ", ".join(difference.drifted[:3]) or None
