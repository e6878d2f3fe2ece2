"""The processes that run trials. They are forks, so that the rows are in memory once."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from probado.tune.problem import Problem
from probado.tune.settings import Settings, suggest
from probado.tune.study import open_study

# Failures in a row, from the first trial on, after which it is not the values' fault.
HOPELESS = 5


class Workers:
    """Processes that run so many trials, begun at once; `ended` yields the number of each trial as it ends."""

    def __init__(self, name: str, problem: Problem, settings: Settings, number: int, deadline: float | None) -> None:
        start = multiprocessing.get_context("fork")
        self.done = start.SimpleQueue()
        known = (name, problem, settings, start.Value("i", number), self.done, deadline, os.getpid())
        count = min(settings.workers, number)
        self.processes = [start.Process(target=_work, args=(*known, seed)) for seed in range(count)]
        for process in self.processes:
            process.start()

    def ended(self) -> Iterator[int]:
        """The number of each trial, until none is left."""
        while any(process.is_alive() for process in self.processes) or not self.done.empty():
            if self.done.empty():
                time.sleep(0.02)
                continue
            yield self.done.get()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs: trials that did are run again the next time."""
        for process in self.processes:
            process.kill()
            process.join()


def _work(
    name: str,
    problem: Problem,
    settings: Settings,
    tickets: Any,
    done: Any,
    deadline: float | None,
    parent: int,
    seed: int,
) -> None:
    # Ctrl-C reaches the whole group: the parent ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    study = open_study(name, settings, problem.config.seed + seed)
    beginning = problem.beginning() if settings.pruning else None
    while os.getppid() == parent and (deadline is None or time.monotonic() < deadline):
        with tickets.get_lock():
            if tickets.value == 0:
                return
            tickets.value -= 1
        trial = study.ask()
        _run(study, trial, problem, settings, beginning)
        done.put(trial.number)


def _run(study: Any, trial: Any, problem: Problem, settings: Settings, beginning: Any) -> None:
    values = suggest(trial, settings.space)
    try:
        if beginning is not None:
            trial.report(problem.score(values, settings, beginning)[settings.metric], step=0)
            if trial.should_prune():
                study.tell(trial, state=_state("PRUNED"))
                return
        scores = problem.score(values, settings)
        trial.set_user_attr("scores", scores)
        study.tell(trial, scores[settings.metric])
    except Exception as error:  # noqa: BLE001 - whatever a model raises for these values, others may do
        trial.set_user_attr("error", f"{type(error).__name__}: {' '.join(str(error).split())}")
        with contextlib.suppress(Exception):
            study.tell(trial, state=_state("FAIL"))


def _state(name: str) -> Any:
    import optuna

    return optuna.trial.TrialState[name]
