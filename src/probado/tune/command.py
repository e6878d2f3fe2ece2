"""probado tune: search the settings of a model by the validation rows; the test rows are never read."""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probado.contract import CONFIG, THREAD_VARIABLES
from probado.errors import Refused, without_password
from probado.tune.settings import Settings, read

if TYPE_CHECKING:
    from probado.tune.problem import Problem

EXPERIMENTS = Path("configs/experiment")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", nargs="?", help="in configs/model/ and configs/tune/ (default: the chosen one)")
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--trials", type=int, help="how many, those of an earlier call included")
    parser.add_argument("--minutes", type=float, help="after which no trial begins")
    parser.add_argument("--workers", type=int, help="trials at a time, each a process")


def run(options: argparse.Namespace) -> int:
    """Search; returns the exit status, 130 if it was interrupted."""
    try:
        if not hasattr(os, "fork"):
            raise Refused("it needs processes that share memory, which this system has not: use it in WSL")
        if importlib.util.find_spec("optuna") is None:
            raise Refused("optuna is not installed here: make env WITH=tune")
        model = options.model or chosen_model()
        instead = {name: getattr(options, name) for name in ("trials", "minutes", "workers")}
        return tune(options.module, model, read(Path(f"configs/tune/{model}.yaml"), **instead))
    except KeyboardInterrupt:
        print("\nprobado tune: stopped: the same command goes on", file=sys.stderr)
        return 130


def chosen_model() -> str:
    """The model that configs/config.yaml chooses."""
    import yaml

    path = Path(CONFIG)
    chosen = yaml.safe_load(path.read_text(encoding="utf-8")).get("defaults", []) if path.is_file() else []
    for choice in chosen:
        if isinstance(choice, dict) and "model" in choice:
            return str(choice["model"])
    raise Refused(f"{CONFIG} chooses no model: name one")


def tune(module: str, model: str, settings: Settings) -> int:
    """Run the trials that are left, train the winner with other seeds, write it as an experiment."""
    # Before libraries that read them are loaded.
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(settings.threads)))
    from filelock import FileLock, Timeout

    from probado.tune import study as studies
    from probado.tune.problem import load

    problem = load(module, model, settings)
    settings, name = problem.settings, f"{model}-{problem.digest()}"
    studies.FOLDER.mkdir(exist_ok=True)
    lock = FileLock(studies.FOLDER / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        # Workers of a killed search hold it until their trials end.
        print("another search of this project runs, or ends: waiting for it", flush=True)
        lock.acquire()
    studies.mend_journal()
    study = studies.open_study(name, settings, problem.config.seed)
    killed = studies.retry_killed(study)
    before = len(studies.ended(study))
    if before:
        print(f"{name}: {before} trials are done{f', {killed} were killed and run again' if killed else ''}")
    try:
        with open_runs(module, name, f"tune {model} {problem.metric}") as runs:
            search(study, name, problem, runs)
    except KeyboardInterrupt:
        done = len(studies.ended(study))
        print(f"\nstopped after {done} of {settings.trials} trials: the same command goes on", file=sys.stderr)
        return 130
    winner = studies.best(study)
    if winner is None:
        reason = next((trial.user_attrs["error"] for trial in studies.ended(study) if "error" in trial.user_attrs), "")
        studies.discard_failures(study)
        raise Refused(f"no trial was complete{reason and f': {reason}'}")
    finish(model, problem, study, winner, runs)
    return 0


def search(study: Any, name: str, problem: Problem, runs: Any) -> None:
    """Run the trials that are left, each recorded in `runs` as it ends.

    Raises:
        Refused: the first trials failed, or a worker did.
    """
    from tqdm import tqdm

    from probado.tune import study as studies
    from probado.tune.settings import values_of
    from probado.tune.workers import HOPELESS, Workers

    settings, before = problem.settings, studies.ended(study)
    left = max(0, settings.trials - len(before))
    deadline = time.monotonic() + 60 * settings.minutes if settings.minutes else None
    for trial in before:
        runs.record(trial, values_of(trial.params, settings.space))
    begun = len(study.get_trials(deepcopy=False))
    better = max if settings.direction == "maximize" else min
    found = [trial.value for trial in before if trial.state.name == "COMPLETE"]
    with Workers(name, problem, begun, left, deadline) as workers:
        failed = 0
        with tqdm(total=settings.trials, initial=len(before), desc=name, disable=None) as bar:
            for number in workers.ended():
                trial = study.get_trials(deepcopy=False)[number]
                runs.record(trial, values_of(trial.params, settings.space))
                bar.update()
                failed = failed + 1 if "error" in trial.user_attrs else -settings.trials
                if failed == HOPELESS:
                    studies.discard_failures(study)
                    raise Refused(f"the first {HOPELESS} trials failed: {trial.user_attrs['error']}")
                if trial.state.name == "COMPLETE":
                    found = [better([*found, trial.value])]
                    bar.set_postfix({problem.metric: f"{found[0]:.4g}"})


def open_runs(module: str, name: str, title: str) -> Any:
    """The study's runs in MLflow; raises Refused if the store cannot be used."""
    from probado.tune.runs import Runs

    try:
        return Runs(module, name, title)
    except Exception as error:  # noqa: BLE001 - an address, a server or a database may be wrong in many ways
        raise Refused(f"MLflow cannot record the trials: {without_password(' '.join(str(error).split()))}") from None


def finish(model: str, problem: Problem, study: Any, winner: Any, runs: Any) -> None:
    """Train the winner with several seeds, tell their spread, write the experiment."""
    from tqdm import tqdm

    from probado.tune import study as studies
    from probado.tune.settings import values_of

    settings = problem.settings
    values = values_of(winner.params, settings.space)
    seeds = tqdm(range(settings.seeds), desc="seeds", disable=None)
    scores = [problem.score(values, seed=seed)[problem.metric] for seed in seeds]
    runs.finish(settings, values, scores)
    count = len(studies.ended(study))
    spread = f"{statistics.mean(scores):.4g} with {len(scores)} seeds, from {min(scores):.4g} to {max(scores):.4g}"
    if len(scores) > 1 and min(scores) == max(scores):
        spread = f"the same with {len(scores)} seeds, because this model uses no chance"
    target = EXPERIMENTS / f"{model}_tuned.yaml"
    import yaml

    lines = [
        "# @package model",
        f"# The best of {count} trials of make tune by the validation {settings.metric}: {winner.value:.4g}; {spread}.",
        "# It was chosen by these rows, so that new rows may be predicted less well.",
        f"#        make train EXPERIMENT={target.stem}",
        yaml.safe_dump({"name": model, **values}, sort_keys=False),
    ]
    partial = target.with_suffix(".partial")
    partial.write_text("\n".join(lines), encoding="utf-8")
    os.replace(partial, target)
    print(f"{settings.metric} {winner.value:.4g}, trial {winner.number} of {count}; {spread}")
    print(
        ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items()
        )
    )
    print(f"wrote {target}; next: make train EXPERIMENT={target.stem}")
