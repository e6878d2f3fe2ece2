"""Copy the runs of one MLflow store into another."""

from __future__ import annotations

import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probado.errors import Refused

SQLITE = "sqlite:///"
# Tags of a copy: the run it was made from, and the same while it is being made.
ORIGIN, COPYING = "mlops.copied_from", "mlops.copying"
# MLflow's limits of one request.
METRICS, PARAMS = 1000, 100


@dataclass
class Merged:
    """How many runs of the source were copied, were in the target already, and still run."""

    copied: int = 0
    known: int = 0
    running: int = 0


def merge(source: str, target: str) -> Merged:
    """Copy every ended run that the target lacks: parameters, metrics with their history, tags, artifacts.

    A run that was copied before, in either direction, is not copied again. Models in MLflow's registry stay.

    Args:
        source: address of a store of this version of MLflow.
        target: address of the store that gets the runs.

    Raises:
        ImportError: MLflow is not installed.
        Refused: a store cannot be used.
    """
    import mlflow

    # These print a traceback for errors that are raised anyway, and a line per table.
    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _merge(mlflow.MlflowClient(source), mlflow.MlflowClient(target), source)
    except (mlflow.MlflowException, OSError) as error:
        raise Refused(f"the runs could not be copied: {' '.join(str(error).split())}") from error


def _merge(theirs: Any, ours: Any, source: str) -> Merged:
    here: dict[str, str] = {}
    for run in every_run(ours):
        if COPYING in run.data.tags:
            # A merge that was interrupted left it half made.
            ours.delete_run(run.info.run_id)
        else:
            here[origin(run)] = run.info.run_id
    done, copies = Merged(), dict[str, str]()
    for run in sorted(every_run(theirs), key=lambda run: int(run.info.start_time)):
        if run.info.status == "RUNNING":
            done.running += 1
        elif origin(run) in here:
            done.known += 1
            copies[run.info.run_id] = here[origin(run)]
        else:
            done.copied += 1
            copies[run.info.run_id] = copy(run, theirs, ours, source, copies)
    return done


def every_run(client: Any) -> list[Any]:
    """All runs of all experiments of a store."""
    runs: list[Any] = []
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    page = None
    while experiments:
        found = client.search_runs(experiments, max_results=1000, page_token=page)
        runs += found
        page = found.token
        if not page:
            break
    return runs


def origin(run: Any) -> str:
    """The id of the run that a copy was made from, or the run's own."""
    return str(run.data.tags.get(ORIGIN, run.info.run_id))


def copy(run: Any, theirs: Any, ours: Any, source: str, copies: dict[str, str]) -> str:
    """Copy one run; returns its id in the target. Ids of copied runs in its tags become those of the copies."""
    from mlflow.entities import Param

    identity = run.info.run_id
    made = ours.create_run(
        experiment(theirs.get_experiment(run.info.experiment_id).name, ours),
        start_time=run.info.start_time,
        tags={key: copies.get(value, value) for key, value in run.data.tags.items()} | {COPYING: origin(run)},
        run_name=run.info.run_name,
    ).info.run_id
    params = [Param(key, value) for key, value in run.data.params.items()]
    for first in range(0, len(params), PARAMS):
        ours.log_batch(made, params=params[first : first + PARAMS])
    metrics = [value for name in run.data.metrics for value in theirs.get_metric_history(identity, name)]
    for first in range(0, len(metrics), METRICS):
        ours.log_batch(made, metrics=metrics[first : first + METRICS])
    if folder := artifacts(run, source):
        ours.log_artifacts(made, str(folder))
    elif theirs.list_artifacts(identity):
        with tempfile.TemporaryDirectory() as scratch:
            theirs.download_artifacts(identity, "", scratch)
            ours.log_artifacts(made, scratch)
    ours.set_terminated(made, run.info.status, run.info.end_time)
    ours.set_tag(made, ORIGIN, origin(run))
    ours.delete_tag(made, COPYING)
    return str(made)


def experiment(name: str, client: Any) -> str:
    """The id of the experiment of this name, made if it is missing."""
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def artifacts(run: Any, source: str) -> Path | None:
    """The folder of a run's artifacts beside its database, which may have been moved since; None if there is none."""
    if not source.startswith(SQLITE):
        return None
    beside = Path(source.removeprefix(SQLITE)).parent / "mlruns"
    folder = beside / run.info.experiment_id / run.info.run_id / "artifacts"
    return folder if folder.is_dir() and any(folder.iterdir()) else None
