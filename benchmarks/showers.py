"""The cost of the worked example: simulation and features of showers, on one core."""

from __future__ import annotations

import json
import shutil
import subprocess

from benchmarks.bench import HERE, SCRATCH, TEMPLATE, Figure, Group, bake, environment, project

FOLDER = SCRATCH / "example"


def showers(quick: bool) -> Group:
    """Seconds of simulation and features; memory and time per row of features as their number grows."""
    group = Group("The worked example: showers and their features, on one core")
    project()
    shutil.rmtree(FOLDER, ignore_errors=True)
    bake(FOLDER, TEMPLATE, "project_name=Showers", "module_name=showers", "starter=primary_particles")
    few, many, repeats = (20_000, 100_000, 1) if quick else (100_000, 10_000_000, 5)
    whole = [measured("simulate") for _ in range(repeats)]
    rows = whole[0]["rows"]
    group.figures.append(
        Figure(
            f"{rows:,.0f} station rows simulated, checked and featurised, imports apart",
            {"simulation and features": [run["seconds"] for run in whole]},
            goal=6.0,
        )
    )
    group.figures.append(Figure("their imports", {"imports": [run["imports"] for run in whole]}))
    tables = {number: FOLDER / f"rows_{number}" for number in (few, many)}
    for number, folder in tables.items():
        measured("features", number, folder)
    # By turns, so that a busy minute affects both.
    turns = [{number: measured("features", number, folder) for number, folder in tables.items()} for _ in range(3)]
    sides = {
        f"{number:,}": [1e6 * turn[number]["seconds"] / turn[number]["rows"] for turn in turns]
        for number in (many, few)
    }
    group.figures.append(Figure(f"features, time per row, {many:,} against {few:,} rows", sides, "µs", goal=1.15))
    peak = [turn[many]["memory"] for turn in turns]
    group.figures.append(Figure(f"features of {many:,} rows, peak memory", {"memory": peak}, "MiB", goal=2048))
    group.tables.append("The tables of many rows are the simulated ones over and over, numbered as other showers.")
    return group


def measured(*arguments: object) -> dict[str, float]:
    """Run scale.py in the example; returns what it printed."""
    command = ["python", str(HERE / "scale.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=FOLDER / "showers", env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"benchmarks: {command} failed\n{done.stdout}{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return {name: round(value, 3) for name, value in found.items()}
