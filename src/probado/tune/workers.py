"""The processes that run trials. They are forks, so that the rows are in memory once."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from probado.errors import Refused
from probado.tune.problem import Problem
from probado.tune.settings import suggest
from probado.tune.study import open_study

# Failures in a row, from the first trial on, after which it is not the values' fault.
HOPELESS = 5
# Packages of the template's deep groups.
DEEP = ("torch", "skorch", "safetensors")


class Workers:
    """Processes that run so many trials, begun at once; `ended` yields the number of each trial as it ends."""

    def __init__(self, name: str, problem: Problem, begun: int, number: int, deadline: float | None) -> None:
        start = multiprocessing.get_context("fork")
        self.done = start.SimpleQueue()
        known = (name, problem, start.Value("i", number), self.done, deadline, os.getpid())
        count = min(problem.settings.workers, number)
        # Other numbers for each worker, and for each continuation: the same ones would propose the same trials again.
        seeds = [problem.config.seed + begun * problem.settings.workers + worker for worker in range(count)]
        self.processes = [start.Process(target=_work, args=(*known, seed)) for seed in seeds]
        for process in self.processes:
            process.start()

    def ended(self) -> Iterator[int]:
        """The number of each trial, until none is left.

        Raises:
            Refused: a worker ended before its trials did.
        """
        while any(process.is_alive() for process in self.processes) or not self.done.empty():
            if self.done.empty():
                time.sleep(0.02)
                continue
            found = self.done.get()
            if isinstance(found, str):
                raise Refused(found)
            yield found
        if bad := [process.exitcode for process in self.processes if process.exitcode]:
            why = "as the system does where memory is short: try fewer WORKERS" if bad[0] == -signal.SIGKILL else ""
            raise Refused(f"a worker ended with status {bad[0]}{why and f', {why}'}; the same command goes on")

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
    tickets: Any,
    done: Any,
    deadline: float | None,
    parent: int,
    seed: int,
) -> None:
    # Ctrl-C reaches the whole group: the parent ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    study = open_study(name, problem.settings, seed)
    beginning = problem.beginning() if problem.settings.pruning else None
    while os.getppid() == parent and (deadline is None or time.monotonic() < deadline):
        with tickets.get_lock():
            if tickets.value == 0:
                return
            tickets.value -= 1
            # One after the other: two workers that ask at once may get the same queued trial.
            trial = study.ask()
        try:
            _run(study, trial, problem, beginning)
            done.put(trial.number)
        except (ImportError, MemoryError) as error:
            # Not the fault of these values: the trial does not count.
            study.tell(trial, state=_state("FAIL"))
            missing = getattr(error, "name", None)
            deep = " DEEP=cpu" if missing in DEEP else ""
            lacking = f"the model needs {missing!r}, which is not installed: make env{deep}"
            done.put(lacking if missing else f"{type(error).__name__}: try fewer WORKERS")
            return


def _run(study: Any, trial: Any, problem: Problem, beginning: Any) -> None:
    try:
        values = suggest(trial, problem.settings.space)
        if beginning is not None:
            trial.report(problem.score(values, beginning)[problem.metric], step=0)
            if trial.should_prune():
                study.tell(trial, state=_state("PRUNED"))
                return
        scores = problem.score(values)
        trial.set_user_attr("scores", scores)
        study.tell(trial, scores[problem.metric])
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model raises for these values, others may do
        trial.set_user_attr("error", f"{type(error).__name__}: {' '.join(str(error).split())}")
        with contextlib.suppress(Exception):
            study.tell(trial, state=_state("FAIL"))


def _state(name: str) -> Any:
    import optuna

    return optuna.trial.TrialState[name]
