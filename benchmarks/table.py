"""A table of one's own: a look at a large one beside its mere reading, and all of a project beside training by hand."""

from __future__ import annotations

import functools
import shutil

from benchmarks.bench import HERE, SCRATCH, Figure, Group, environment, project, side_by_side, timed
from benchmarks.pipeline import data, reset, unconfigure

COLUMNS = 20
WHY = (
    "Training takes three quarters of the script's time and varies with the machine from run to run; beside it a "
    "project starts seven processes, types and checks every value, draws 200 resamples twice, and DVC hashes and "
    "copies what each stage hands on."
)
# Seconds that a look, the checks and the pages may take beside the training.
ALLOWED = 30
# Three reads by pyarrow, and a sha256, as look checks the file that it configures.
READING = """
import hashlib, sys
from pyarrow import csv
for _ in range(3):
    csv.read_csv(sys.argv[1])
with open(sys.argv[1], "rb") as file:
    hashlib.file_digest(file, "sha256")
"""


def look(rows: int) -> float:
    """Seconds of a look at a table of so many rows."""
    unconfigure(project())
    reset(project())
    command = ["python", "-m", "bench.dataset.look", data(rows, COLUMNS), "--target", "class"]
    return timed([*command, "--time=none", "--group=none"], project(), environment())


def reading(rows: int) -> float:
    """Seconds of three reads of the same file."""
    return timed(["python", "-c", READING, data(rows, COLUMNS)], SCRATCH, environment())


def used(rows: int) -> float:
    """Seconds of make look, make train and the report, of which those that are allowed are taken off."""
    shutil.rmtree(SCRATCH / "dvc-site", ignore_errors=True)
    return look(rows) + timed(["dvc", "repro"], project(), environment()) - ALLOWED


def by_hand(rows: int) -> float:
    """Seconds of a script that reads the table, trains and scores the same model."""
    return timed(["python", HERE / "by_hand.py", data(rows, COLUMNS)], SCRATCH, environment())


def table(quick: bool) -> Group:
    """A large file, and 1,000,000 rows from the file to the report."""
    large, whole = (100_000, 20_000) if quick else (6_000_000, 1_000_000)
    # The tables are generated with its libraries.
    project()
    group = Group("A table of one's own")
    size = data(large, COLUMNS).stat().st_size / 1e9
    sides = {"look": functools.partial(look, large), "pyarrow": functools.partial(reading, large)}
    runs = side_by_side(sides, 1 if quick else 3)
    what = f"look at {size:.2f} GB, {large:,} × {COLUMNS + 1}, against three reads by pyarrow and a sha256"
    group.figures.append(Figure(what, runs, "s", 1.0))
    sides = {"project": functools.partial(used, whole), "by hand": functools.partial(by_hand, whole)}
    runs = side_by_side(sides, 1 if quick else 2)
    what = f"look, train and report less {ALLOWED} s, against reading and training by hand, {whole:,} × {COLUMNS + 1}"
    group.figures.append(Figure(what, runs, "s", 1.3, WHY))
    return group
