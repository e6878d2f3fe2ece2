"""The study: its trials are kept in a journal, so that a search which was stopped goes on."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from probado.tune.settings import Settings

# In every project's .gitignore. The journal takes a fifth of the time of optuna's databases.
FOLDER = Path(".tune")
JOURNAL = FOLDER / "trials.log"
# The first trials are drawn at random, and none is pruned before there is something to compare with.
RANDOM, COMPARED = 10, 8
# The study's attribute: failures of trials below this number do not count.
DISCARDED = "discarded"


def open_study(name: str, settings: Settings, seed: int) -> Any:
    """The study of this name, a new one or one that was stopped; each process opens it for itself."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    FOLDER.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        # Parts of optuna that it calls experimental.
        warnings.simplefilter("ignore")
        journal: Any = optuna.storages.journal
        storage = optuna.storages.JournalStorage(journal.JournalFileBackend(str(JOURNAL), lock_obj=_Lock()))
        # Workers do not wait for each other: a trial that runs counts as a bad one, so that they search elsewhere.
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM, constant_liar=True)
        pruner = (
            optuna.pruners.MedianPruner(n_startup_trials=COMPARED) if settings.pruning else optuna.pruners.NopPruner()
        )
        return optuna.create_study(
            study_name=name,
            storage=storage,
            sampler=sampler,
            pruner=pruner,
            direction=settings.direction,
            load_if_exists=True,
        )


def mend_journal() -> None:
    """Cut off a line that was half written when its process was killed; only where no other process writes."""
    if JOURNAL.is_file():
        with JOURNAL.open("r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


class _Lock:
    """Holds the journal for a process that writes, until it ends in whatever way; optuna's own lock may outlive it."""

    def __init__(self) -> None:
        from filelock import FileLock

        self._lock = FileLock(FOLDER / "journal.lock")

    def acquire(self) -> bool:
        """Wait for the others."""
        self._lock.acquire(poll_interval=0.001)
        return True

    def release(self) -> None:
        """Let others write."""
        self._lock.release()


def ended(study: Any) -> list[Any]:
    """The trials that count: complete, pruned, or failed by their values and not by the end of their process."""
    after = study.user_attrs.get(DISCARDED, 0)
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state.name in ("COMPLETE", "PRUNED") or ("error" in trial.user_attrs and trial.number >= after)
    ]


def discard_failures(study: Any) -> None:
    """Let the failures so far not count: it was not their values' fault."""
    study.set_user_attr(DISCARDED, len(study.get_trials(deepcopy=False)))


def retry_killed(study: Any) -> int:
    """Queue again what was running when its process was killed; returns how many trials that are.

    Only where no other process works on the study.
    """
    import optuna

    killed = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
    for trial in killed:
        study.enqueue_trial(trial.params)
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return len(killed)


def best(study: Any) -> Any:
    """The best complete trial, None if there is none."""
    complete = any(trial.state.name == "COMPLETE" for trial in ended(study))
    return study.best_trial if complete else None
