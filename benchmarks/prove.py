"""The cost of `make prove` beside a cold run of the pipeline, and alarms on clean projects."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import pipeline
from benchmarks.bench import Figure, Group, environment, project, side_by_side, timed

MODELS = ("xgboost", "random_forest", "logistic")
# Allowed seconds of a proof beyond the run on data that need hardly any work: clone, list of the environment, pages.
FIXED_COST = 5.0
WHY = "A proof starts Python for itself, lists what is installed, watches every Python of the stages, draws a page."


def prove(quick: bool) -> Group:
    """Seconds of a proof beside those of dvc repro; of its environment's build; alarms among clean proofs."""
    group = Group("The proof, beside a cold dvc repro; its environment apart")
    folder, repeats, rows = project(), 1 if quick else 3, 20_000 if quick else 1_000_000
    pipeline.configure(folder, rows, 100)
    group.figures.append(beside(folder, f"{rows:,} × 30", repeats, 0.0))
    pipeline.unconfigure(folder)
    group.figures.append(beside(folder, f"the base data, {FIXED_COST:g} s taken off", 2 * repeats, FIXED_COST))
    # The first fills uv's cache.
    builds = [proof(folder)["environment"]["seconds"] for _ in range(repeats + 1)][1:]
    what = "the proof's environment, built from the locks with a warm cache"
    group.figures.append(Figure(what, {"build": builds}, goal=30))
    alarms: list[str] = []
    each = 1 if quick else 7
    for model in MODELS:
        timed(["python", "-m", "mlops", "select", f"model={model}"], folder, environment())
        commit_results(folder)
        for number in range(each):
            told = proof(folder, "--env", "reuse")["headline"]
            print(f"  {model}, {number + 1}/{each}: {told}", flush=True)
            if not told.startswith("EXACT"):
                alarms.append(told)
    what = f"alarms in {each * len(MODELS)} proofs of clean projects, {', '.join(MODELS)}"
    group.figures.append(Figure(what, {"alarms": [float(len(alarms))]}, unit="", goal=0))
    group.tables += alarms
    return group


def beside(folder: Path, what: str, repeats: int, less: float) -> Figure:
    """A proof in the existing environment, beside a cold run; `less` seconds are subtracted from the proof."""
    commit_results(folder)
    command = ["probado", "prove", "--env", "reuse"]
    # The first proof compiles the judge's bytecode.
    timed(command, folder, environment())
    sides: dict[str, Callable[[], float]] = {
        "proof": lambda: timed(command, folder, environment()) - less,
        "dvc repro": functools.partial(pipeline.cold, folder),
    }
    return Figure(f"the proof against dvc repro, {what}", side_by_side(sides, repeats), goal=1.25, why=WHY)


def commit_results(folder: Path) -> None:
    """Run a project's pipeline and commit the results, to be proven."""
    pipeline.cold(folder)
    # The claims are about the data and the model that the project was made with.
    (folder / "claims.yaml").unlink(missing_ok=True)
    timed(["git", "add", "--all"], folder)
    timed([*pipeline.COMMIT, "--allow-empty", "--message", "Results"], folder)


def proof(folder: Path, *options: str) -> dict[str, Any]:
    """Prove a project, whatever the verdict; returns its evidence."""
    made = folder / "reports" / "proof.json"
    made.unlink(missing_ok=True)
    done = subprocess.run(["probado", "prove", *options], cwd=folder, env=environment(), capture_output=True, text=True)
    if not made.is_file():
        raise SystemExit(f"benchmarks: no proof was made\n{done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(made.read_text(encoding="utf-8"))
    return found
