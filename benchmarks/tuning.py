"""make tune: two workers beside one, and one beside the same search by hand in optuna."""

from __future__ import annotations

import functools
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.bench import HERE, SCRATCH, Figure, Group, environment, project, side_by_side, timed

# A trial always takes the same work: neither the number of trees nor their size is searched.
SPACE = """metric: roc_auc
direction: maximize
trials: 100
space:
  learning_rate: {low: 0.01, high: 0.3, log: true}
  l2_regularization: {low: 0.001, high: 10.0, log: true}
"""
MODEL = "hist_gradient_boosting"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def tuned(folder: Path, trials: int, workers: int) -> float:
    """Seconds of make tune from nothing but the store of runs."""
    shutil.rmtree(folder / ".tune", ignore_errors=True)
    shutil.copyfile(SCRATCH / "runs.db", folder / "mlflow.db")
    return timed(["make", "tune", f"MODEL={MODEL}", f"TRIALS={trials}", f"WORKERS={workers}"], folder, environment())


def searched(folder: Path, trials: int, workers: int) -> float:
    """Seconds from the beginning of the first trial to the end of the last."""
    tuned(folder, trials, workers)
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        asked = "select max(end_time) - min(start_time) from runs join tags using (run_uuid) where key = 'tune.trial'"
        ((milliseconds,),) = database.execute(asked).fetchall()
    return float(milliseconds) / 1000


def by_hand(folder: Path, trials: int) -> float:
    """Seconds of the script, from nothing but a store of runs."""
    target = SCRATCH / "by hand"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shutil.copyfile(SCRATCH / "runs.db", target / "mlflow.db")
    command = ["python", HERE / "tune_by_hand.py", str(trials), str(target)]
    return timed(command, folder, environment(**THREADS))


def tuning(quick: bool) -> Group:
    """A hundred trials of a fast model."""
    trials, times = (10, 1) if quick else (100, 3)
    folder = project()
    timed(["make", "env", "WITH=tune"], folder, environment())
    timed(["make", "train"], folder, environment())
    shutil.copyfile(folder / "mlflow.db", SCRATCH / "runs.db")
    (folder / "configs/tune" / f"{MODEL}.yaml").write_text(SPACE, encoding="utf-8")
    group = Group("Search of settings")
    sides = {"two workers": functools.partial(searched, folder, trials, 2)}
    sides["one"] = functools.partial(searched, folder, trials, 1)
    what = f"the trials of make tune, {trials}, two workers of a thread against one (1.7 times the throughput: 0.59)"
    group.figures.append(Figure(what, side_by_side(sides, times), "s", 0.59))
    one = functools.partial(tuned, folder, trials, 1)
    runs = side_by_side({"make tune": one, "by hand": functools.partial(by_hand, folder, trials)}, times)
    what = f"make tune, {trials} trials, one worker against optuna by hand with the same runs of MLflow"
    group.figures.append(Figure(what, runs, "s", 1.15))
    return group
