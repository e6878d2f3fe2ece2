"""make predict for a large file beside a script by hand, and how its memory grows with the file."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable

from benchmarks.bench import HERE, SCRATCH, Figure, Group, environment, project, side_by_side, timed
from benchmarks.pipeline import configure, data

TARGET = SCRATCH / "predicted.csv"
# Prints the memory of the largest process below it, in MB.
WATCHED = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
WATCHED += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)"


def command(rows: int) -> list[str]:
    """How make predict is called for so many rows."""
    return ["make", "predict", f"INPUT={data(rows)}", f"OUTPUT={TARGET}"]


def memory(rows: int) -> float:
    """MB that make predict takes for so many rows."""
    watched = [sys.executable, "-c", WATCHED, *command(rows)]
    done = subprocess.run(watched, cwd=project(), env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def by_hand(rows: int) -> float:
    """Seconds of a script that reads, cleans, predicts and writes the same."""
    script = ["python", HERE / "predict_by_hand.py", data(rows), project() / "models", TARGET.with_name("by_hand.csv")]
    return timed(script, SCRATCH, environment())


def batch(quick: bool) -> Group:
    """Predictions of 5,000,000 rows."""
    trained, large, small = (5_000, 40_000, 20_000) if quick else (100_000, 5_000_000, 500_000)
    configure(project(), trained, 200)
    timed(["make", "train"], project(), environment())
    group = Group("Predictions for a file")
    sides: dict[str, Callable[[], float]] = {
        "make predict": lambda: timed(command(large), project(), environment()),
        "by hand": functools.partial(by_hand, large),
    }
    what = f"make predict against a script that reads, cleans, predicts and writes the same, {large:,} × 30"
    group.figures.append(Figure(what, side_by_side(sides, 1 if quick else 3), "s", 1.3))
    memories = {f"{rows:,} rows": [round(memory(rows), 1)] * 2 for rows in (large, small)}
    group.figures.append(Figure(f"memory of make predict, {large:,} rows against {small:,}", memories, "MB", 1.2))
    return group
