"""How often chance alone passes the gate of make promote, or makes make monitor raise an alarm."""

from __future__ import annotations

import json
import subprocess

from benchmarks.bench import HERE, SCRATCH, TEMPLATE, Figure, Group, environment, project, timed

FIGURE = TEMPLATE / "docs" / "assets" / "power.svg"
# Of 2,000 cases with a probability of 5 %, 95 % give a share between 4.05 and 5.95 % (binomial).
HIGHEST = 5.95


def rates(quick: bool) -> Group:
    """2,000 simulated gates and windows, and the power against the size of a shift."""
    count, figure = (20, SCRATCH / FIGURE.name) if quick else (2000, FIGURE)
    timed(["make", "train"], project(), environment())
    command = ["python", "-P", str(HERE / "simulate.py"), str(count), str(figure)]
    variables = environment(PYTHONPATH=str(project()))
    done = subprocess.run(command, cwd=project(), env=variables, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"benchmarks: {command} failed\n{done.stderr}")
    found = json.loads(done.stdout)
    group = Group("What chance alone does")
    for name, what in (
        ("gates", "gates that let a model pass which is as good as the champion"),
        ("alarms", "looks of make monitor at rows that have not changed, with an alarm"),
    ):
        share = [round(100 * found[name], 2)]
        group.figures.append(Figure(f"share of {count:,} {what} (expected 5 %)", {"share": share}, "%", HIGHEST))
    lines = ["| shift (σ) | make monitor | scipy |", "|---|---|---|"]
    lines += [
        f"| {shift:.2f} | {ours:.3f} | {theirs:.3f} |"
        for shift, ours, theirs in zip(found["shifts"], *found["power"].values(), strict=True)
    ]
    group.tables.append("\n".join(lines))
    return group
