"""A git submodule could not be fetched. The clone reports it."""

from __future__ import annotations

from probado.prove.causes.base import Cause


class Submodule(Cause):
    name = "submodule"
    says = "a submodule of the commit could not be fetched"
    fix = "push it to where .gitmodules names it, or keep its files in the repository"
    rank = 70
    inconclusive = True
