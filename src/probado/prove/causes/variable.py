"""The result depends on an environment variable of whoever runs it."""

from __future__ import annotations

import os
import re

from probado.contract import RUNNER
from probado.prove.causes.base import Cause, Failure
from probado.prove.circumstances import Circumstance
from probado.prove.laboratory import Difference
from probado.prove.rerun import Bench, run_stage
from probado.repository.paths import inside

# Programs read these for themselves.
OF_PROGRAMS = ("MLFLOW_", "DVC_", "MLOPS_", "PYTHON")
# Bytes: no program is that long.
LARGEST = 2**20


class Variable(Cause):
    name = "variable"
    says = "the result depends on an environment variable of whoever runs it"
    fix = "write its value into the configuration, and name that among the params of the stage"
    rank = 220

    def in_failure_by_rerun(self, failure: Failure) -> str | None:
        caller = caller_variables(failure.bench)
        if caller is None or run_stage(failure.bench, failure.run.stage, caller).failed:
            return None
        return f"it succeeds with {caller.value} as here; without: {failure.said}"

    def in_steady(self, difference: Difference) -> str | None:
        caller = caller_variables(difference.lab.bench)
        return caller.value if caller and difference.lab.changes(caller) else None


def caller_variables(bench: Bench) -> Circumstance | None:
    """The caller's variables that the project's code names and the room leaves out; None where there are none.

    Their names are told, never their values.
    """
    written = bench.pipeline.paths()
    own = [bench.room.root / path for path in bench.known if not (path.startswith(RUNNER) or inside(path, written))]
    code = [path for path in own if path.is_file() and path.stat().st_size < LARGEST]
    words = {word for path in code for word in re.findall(rb"\w+", path.read_bytes())}
    left_out = os.environ.keys() - bench.room.variables(network=True).keys()
    names = sorted(name for name in left_out if name.encode() in words and not name.startswith(OF_PROGRAMS))
    if not names:
        return None
    return Circumstance("variables", ", ".join(names), {name: os.environ[name] for name in names})
