"""Trials as runs of MLflow: children of one run of the study, each once, however often the search is stopped."""

from __future__ import annotations

import contextlib
from typing import Any

from probado.errors import Refused, without_password
from probado.store import address, open_client
from probado.tune.settings import Settings

STUDY, TRIAL = "tune.study", "tune.trial"
PARENT = "mlflow.parentRunId"


class Runs:
    """The runs of a study in the project's store."""

    def __init__(self, experiment: str, study: str, title: str) -> None:
        self.client = open_client(address())
        found = self.client.get_experiment_by_name(experiment)
        self.experiment = found.experiment_id if found else self.client.create_experiment(experiment)
        known = self.client.search_runs([self.experiment], f"tags.`{STUDY}` = '{study}'", max_results=1)
        tags = {STUDY: study, "mlflow.runName": title}
        self.parent = known[0].info.run_id if known else self.client.create_run(self.experiment, tags=tags).info.run_id
        self.client.update_run(self.parent, status="RUNNING")
        self.recorded = self._children()

    def _children(self) -> set[int]:
        """The numbers of the trials that have a whole run; a half-made one is deleted."""
        numbers, page = set(), None
        while page != "":
            asked = f"tags.`{PARENT}` = '{self.parent}'"
            found = self.client.search_runs([self.experiment], asked, max_results=1000, page_token=page)
            for run in found:
                if run.info.status == "RUNNING":
                    self.client.delete_run(run.info.run_id)
                else:
                    numbers.add(int(run.data.tags[TRIAL]))
            page = found.token or ""
        return numbers

    def record(self, trial: Any, values: dict[str, Any]) -> None:
        """Record an ended trial, unless it is recorded; raises Refused if MLflow cannot be reached any more."""
        from mlflow import MlflowException

        if trial.number in self.recorded:
            return
        try:
            self._record(trial, values)
        except (MlflowException, OSError) as error:
            reason = without_password(" ".join(str(error).split()))
            raise Refused(f"MLflow no longer records the trials: {reason}; the same command goes on") from None

    def _record(self, trial: Any, values: dict[str, Any]) -> None:
        from mlflow.entities import Metric, Param

        begun, ended = (round(moment.timestamp() * 1000) for moment in (trial.datetime_start, trial.datetime_complete))
        tags = {PARENT: self.parent, TRIAL: str(trial.number), "mlflow.runName": f"trial {trial.number}"}
        tags |= {"tune.state": trial.state.name.lower()}
        if error := trial.user_attrs.get("error"):
            tags["tune.error"] = error
        run = self.client.create_run(self.experiment, start_time=begun, tags=tags).info.run_id
        scores = trial.user_attrs.get("scores", {})
        metrics = [Metric(f"validation.{name}", value, ended, 0) for name, value in scores.items()]
        params = [Param(f"model.{name}", str(value)) for name, value in values.items()]
        self.client.log_batch(run, metrics=metrics, params=params)
        self.client.set_terminated(run, "FAILED" if error else "FINISHED", end_time=ended)
        self.recorded.add(trial.number)

    def finish(self, settings: Settings, values: dict[str, Any], scores: list[float]) -> None:
        """Record the winner, and its scores with several seeds, in the run of the study."""
        for name, value in {**values, "tune.metric": settings.metric}.items():
            self.client.set_tag(self.parent, f"best.{name}", str(value))
        for step, score in enumerate(scores):
            self.client.log_metric(self.parent, f"validation.{settings.metric}", score, step=step)
        self.client.set_terminated(self.parent)

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Say how the search ended, unless `finish` will."""
        if kind is not None:
            with contextlib.suppress(Exception):
                self.client.set_terminated(self.parent, "KILLED" if kind is KeyboardInterrupt else "FAILED")
