"""The user is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance

# Every Linux has this user, called nobody.
NOBODY = "65534"


class User(OtherPlace):
    name = "user"
    says = "the name or number of the user is in the output, or decides it"
    fix = "leave it out of what the pipeline writes; who ran it is in its MLflow run and in git"
    rank = 204
    perturbs = Circumstance("user", "nobody", sandbox=("--uid", NOBODY, "--gid", NOBODY))
