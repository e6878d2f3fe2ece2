"""The name of the machine is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance


class HostName(OtherPlace):
    name = "host-name"
    says = "the name of the machine is in the output, or decides it"
    fix = "leave it out of what the pipeline writes; on which machine a run took place is in its MLflow run"
    rank = 202
    perturbs = Circumstance("host name", "another-host", sandbox=("--hostname", "another-host"))
