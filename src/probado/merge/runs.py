"""Copy the runs of one MLflow store into another."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from probado.errors import Refused
from probado.store import open_client

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
    """Copy every ended run that the target lacks: parameters, metrics with their history, tags, inputs, files, models.

    A run that was copied before, in either direction, is not copied again. Models in MLflow's registry stay.

    Args:
        source: address of a store of this version of MLflow.
        target: address of the store that gets the runs.

    Raises:
        ImportError: MLflow is not installed.
        Refused: a store cannot be used.
    """
    import mlflow

    try:
        return _merge(open_client(source), open_client(target), source)
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
    from mlflow.entities import Metric, Param

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
    whole = theirs.get_run(identity)  # a search does not bring its models
    if whole.inputs and whole.inputs.dataset_inputs:
        ours.log_inputs(made, whole.inputs.dataset_inputs)
    models = copy_models(whole, made, theirs, ours, source)
    history = [value for name in run.data.metrics for value in theirs.get_metric_history(identity, name)]
    metrics = [Metric(one.key, one.value, one.timestamp, one.step, models.get(_point(one))) for one in history]
    for first in range(0, len(metrics), METRICS):
        ours.log_batch(made, metrics=metrics[first : first + METRICS])
    if folder := beside(source, run.info.experiment_id, identity):
        ours.log_artifacts(made, str(folder))
    elif theirs.list_artifacts(identity):
        with tempfile.TemporaryDirectory() as scratch:
            theirs.download_artifacts(identity, "", scratch)
            ours.log_artifacts(made, scratch)
    ours.set_terminated(made, run.info.status, run.info.end_time)
    ours.set_tag(made, ORIGIN, origin(run))
    ours.delete_tag(made, COPYING)
    return str(made)


def copy_models(run: Any, made: str, theirs: Any, ours: Any, source: str) -> dict[tuple[str, int, int], str]:
    """Copy the models that a run logged to its copy `made`.

    Returns:
        Which copy a metric is of, by its name, time and step.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.entities import LoggedModelOutput

    measured: dict[tuple[str, int, int], str] = {}
    for output in run.outputs.model_outputs if run.outputs else []:
        model = theirs.get_logged_model(output.model_id)
        experiment_id = ours.get_run(made).info.experiment_id
        own = ours.create_logged_model(experiment_id, model.name, made, model.tags, model.params, model.model_type)
        with tempfile.TemporaryDirectory() as scratch:
            folder = beside(source, model.experiment_id, "models", model.model_id) or download_artifacts(
                model.artifact_location, dst_path=scratch, tracking_uri=source
            )
            ours.log_model_artifacts(own.model_id, str(folder))
        ours.finalize_logged_model(own.model_id, model.status)
        ours.log_outputs(made, [LoggedModelOutput(own.model_id, output.step)])
        measured |= {_point(metric): own.model_id for metric in model.metrics or []}
    return measured


def _point(metric: Any) -> tuple[str, int, int]:
    return metric.key, metric.timestamp, metric.step


def experiment(name: str, client: Any) -> str:
    """The id of the experiment of this name, made if it is missing."""
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def beside(source: str, *names: str) -> Path | None:
    """The folder of artifacts beside a database, which may have been moved since; None if there is none."""
    file = database(source)
    folder = file.parent.joinpath("mlruns", *names, "artifacts") if file else None
    return folder if folder and folder.is_dir() and any(folder.iterdir()) else None


def database(address: str) -> Path | None:
    """The file of an SQLite store, None for another store."""
    return Path(unquote(address.removeprefix(SQLITE).partition("?")[0])) if address.startswith(SQLITE) else None
