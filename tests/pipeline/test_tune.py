"""make tune: trials in workers, each a run of MLflow, stopped and resumed; the winner runs as an experiment."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project import Project, listen_to_interrupts

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {
    "metric": "log_loss",
    "trials": 12,
    "workers": 2,
    "seeds": 2,
    "space": {"C": {"low": 0.001, "high": 100.0, "log": True}, "max_iter": [500, 1000]},
}


def configure(project: Project, **changes: Any) -> None:
    path = project.path / "configs/tune/logistic.yaml"
    path.write_text(yaml.safe_dump(SETTINGS | changes), encoding="utf-8")


def asked(database: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute(question).fetchall()


def trials(project: Project) -> list[dict[str, Any]]:
    """The trials of all searches, with `search`, `state`, `value` and `params`."""
    ask = (
        "import json, optuna; optuna.logging.disable_default_handler(); "
        "storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend('.tune/trials.log')); "
        "print(json.dumps([dict(search=s.study_name, state=t.state.name, value=t.value, params=t.params) "
        "for s in storage.get_all_studies() for t in storage.get_all_trials(s._study_id)]))"
    )
    found: list[dict[str, Any]] = json.loads(project.run("python", "-W", "ignore", "-c", ask).stdout)
    return found


def states(project: Project) -> Counter[str]:
    """How many trials there are in each state."""
    return Counter(trial["state"] for trial in trials(project))


def recorded(project: Project) -> dict[str, str]:
    """The states of the runs of trials, by the number of the trial."""
    question = (
        "select tags.value, runs.status from runs join tags on tags.run_uuid = runs.run_uuid "
        "where tags.key = 'tune.trial' and runs.lifecycle_stage = 'active'"
    )
    found = asked(project.path / "mlflow.db", question)
    assert len({number for number, _ in found}) == len(found)
    return dict(found)


def test_a_search_and_the_training_of_its_winner(project: Project) -> None:
    configure(project)
    # The test rows are not read: they are not there.
    kept = (project.path / "data/processed/test.parquet").rename(project.path / "kept")
    done = project.run("make", "tune", "MODEL=logistic")
    kept.rename(project.path / "data/processed/test.parquet")
    assert "log_loss" in done.stdout and "the same with 2 seeds" in done.stdout
    assert states(project) == {"COMPLETE": 12}
    assert set(recorded(project).values()) == {"FINISHED"} and len(recorded(project)) == 12
    parents = asked(project.path / "mlflow.db", "select distinct value from tags where key = 'mlflow.parentRunId'")
    assert len(parents) == 1

    best = min(trial["value"] for trial in trials(project))
    experiment = project.path / "configs/experiment/logistic_tuned.yaml"
    assert f"the validation log_loss: {best:.4g}; the same with 2 seeds, because" in experiment.read_text(
        encoding="utf-8"
    )
    won = yaml.safe_load(experiment.read_text(encoding="utf-8"))
    assert "Running stage 'train'" in project.run("make", "train", "EXPERIMENT=logistic_tuned").stdout
    manifest = json.loads((project.path / "models/manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"] == {"name": "logistic", "C": won["C"], "max_iter": won["max_iter"]}
    assert manifest["scores"]["validation"]["log_loss"] == pytest.approx(best, abs=1e-9)
    # The same search again has nothing left to do; the model's own settings come back by its name.
    assert "12 trials are done" in project.run("make", "tune", "MODEL=logistic").stdout
    assert states(project) == {"COMPLETE": 12}
    project.run("make", "train", "MODEL=logistic")
    manifest = json.loads((project.path / "models/manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"] == {"name": "logistic", "C": 1.0, "max_iter": 1000}


def started(project: Project, number: int) -> subprocess.Popen[str]:
    """A search in a process group of its own, once so many of its trials are recorded."""
    command = ["python", "-m", "probado", "tune", "logistic", "--module", project.module]
    process = subprocess.Popen(
        command,
        cwd=project.path,
        env=project.environment,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen_to_interrupts,
    )
    while process.poll() is None:
        try:
            if len(recorded(project)) >= number:
                break
        except sqlite3.OperationalError:
            continue
    return process


@pytest.mark.parametrize("whole", [True, False], ids=["parent and workers", "the parent alone"])
def test_a_killed_search_goes_on(project: Project, whole: bool) -> None:
    configure(project, trials=40)
    process = started(project, 3)
    if whole:
        os.killpg(process.pid, signal.SIGKILL)
        # A worker may have been writing.
        with (project.path / ".tune/trials.log").open("ab") as journal:
            journal.write(b'{"op_code":4,')
    else:
        process.kill()
    process.wait()
    assert len(recorded(project)) < 40
    said = project.run("make", "tune", "MODEL=logistic").stdout
    assert re.search(r"logistic-\w+: \d+ trials are done", said)
    found = states(project)
    # What was killed counts as failed there, and was run again.
    assert found["COMPLETE"] == 40 and found["FAIL"] <= 2 and found["RUNNING"] == 0
    assert Counter(recorded(project).values()) == {"FINISHED": 40}


def test_trials_after_a_stop_are_other_ones(project: Project) -> None:
    for number in (3, 6):
        configure(project, trials=number, workers=1, space={"C": SETTINGS["space"]["C"]})
        project.run("make", "tune", "MODEL=logistic")
    found = [trial["params"]["C"] for trial in trials(project)]
    assert len(set(found)) == len(found) == 6


def test_what_is_not_the_fault_of_the_values_does_not_count(project: Project) -> None:
    configure(project, trials=4)
    model = f"{project.module}/modeling/models/logistic.py"
    project.edit(
        model, "        from sklearn.linear_model", "        import nowhere\n        from sklearn.linear_model"
    )
    done = project.run("make", "tune", "MODEL=logistic", check=False)
    assert (
        done.returncode != 0
        and "probado tune: the model needs 'nowhere', which is not installed: make env" in done.stderr
    )
    project.edit(model, "        import nowhere\n", "")
    project.run("make", "tune", "MODEL=logistic")
    assert states(project)["COMPLETE"] == 4


def test_a_killed_worker_is_told(project: Project) -> None:
    configure(project, trials=4)
    model = f"{project.module}/modeling/models/logistic.py"
    kill = "        import os\n        os.kill(os.getpid(), 9)\n"
    project.edit(model, "        from sklearn.linear_model", f"{kill}        from sklearn.linear_model")
    done = project.run("make", "tune", "MODEL=logistic", check=False)
    assert done.returncode != 0
    assert "probado tune: a worker ended with status -9, as the system does where memory is short" in done.stderr


def test_an_interrupted_search_says_how_to_go_on(project: Project) -> None:
    configure(project, trials=400)
    process = started(project, 3)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == 130
    assert re.search(r"stopped after \d+ of 400 trials: the same command goes on", said) and "Traceback" not in said


def test_other_rows_or_settings_are_another_search(project: Project) -> None:
    configure(project, trials=2, workers=1)
    project.run("make", "tune", "MODEL=logistic")
    project.edit("configs/model/logistic.yaml", "max_iter: 1000", "max_iter: 900")
    assert "trials are done" not in project.run("make", "tune", "MODEL=logistic").stdout
    assert len({trial["search"] for trial in trials(project)}) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metric": "auc"}, "configs/tune: there is no metric 'auc'; there are accuracy, "),
        ({"space": {"D": [1, 2]}}, "configs/tune: space: the model logistic has no setting 'D'"),
        ({"space": {"C": {"low": 2, "high": 1}}}, "configs/tune/logistic.yaml: space.C"),
        ({"space": {"C": []}}, "configs/tune/logistic.yaml: space.C"),
        ({"trails": 3}, "configs/tune/logistic.yaml: trails: Extra inputs are not permitted"),
        ({"space": {"C": [-1.0, -2.0]}}, "the first 5 trials failed: ValueError: configs: model.C"),
    ],
)
def test_what_cannot_be_searched(project: Project, changes: dict[str, Any], said: str) -> None:
    configure(project, **changes)
    done = project.run("make", "tune", "MODEL=logistic", check=False)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("probado tune: ")]
    assert len(lines) == 1 and lines[0].removeprefix("probado tune: ").startswith(said), done.stderr
    assert not (project.path / "configs/experiment/logistic_tuned.yaml").exists()


def test_a_model_without_a_search_and_features_that_are_not_made(project: Project) -> None:
    done = project.run("make", "tune", "MODEL=dummy", check=False)
    assert "there is no configs/tune/dummy.yaml, which says what to search; there are hist_gradient_b" in done.stderr
    (project.path / "data/processed/train.parquet").unlink()
    done = project.run("make", "tune", "MODEL=logistic", check=False)
    assert "there is no data/processed/train.parquet: make data first" in done.stderr
