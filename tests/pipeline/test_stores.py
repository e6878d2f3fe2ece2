"""Runs are recorded in the project's own store wherever it lies, however many start, and stores merge."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pipeline.conftest import Runs
from tests.pipeline.lift import add_stage, lift, said
from tests.project import STAGES, Project

pytestmark = pytest.mark.slow


def test_a_moved_project_keeps_its_runs_and_writes_into_its_own_folder(
    project: Project, runs: Runs, tmp_path: Path
) -> None:
    add_stage(project)
    lift(project)
    shutil.move(project.path, tmp_path / "50%20 (moved)")
    moved = Project(tmp_path / "50%20 (moved)", project.module, project.environment)
    moved.edit(f"{moved.module}/lift.py", "1.5", "2.5")
    assert said(lift(moved)) == []
    assert not project.path.exists() and not (tmp_path / "50  (moved)").exists()
    second, first, *_ = runs(moved)
    assert (second["metrics"], first["metrics"]) == ({"lift": 2.5}, {"lift": 1.5})
    assert json.loads(second["artifacts"]["dvc/lift.json"]) == moved.lock()["lift"]
    assert "dvc/lift.json" in first["artifacts"]
    # Also where there is no experiment yet.
    (moved.path / "mlflow.db").unlink()
    shutil.rmtree(moved.path / "mlruns")
    moved.edit(f"{moved.module}/lift.py", "2.5", "3.5")
    assert said(lift(moved)) == []
    assert list(moved.path.glob("mlruns/**/dvc/lift.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["50%20 (moved)"]


def test_a_copied_project_leaves_the_artifacts_of_the_original_alone(finished: Project, tmp_path: Path) -> None:
    # An original of its own: other tests write beside the runs of the finished project.
    original = finished.copy(tmp_path / "original")
    add_stage(original)
    assert said(lift(original)) == []
    before = sorted(original.path.glob("mlruns/**/*"))
    project = original.copy(tmp_path / "copy")
    project.edit(f"{project.module}/lift.py", "step=2", "step=3")
    assert said(lift(project)) == []
    assert sorted(original.path.glob("mlruns/**/*")) == before
    assert len(list(project.path.glob("mlruns/**/dvc/lift.json"))) == 2


def test_a_database_outside_of_the_project_keeps_the_paths_of_its_artifacts(project: Project, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    shutil.move(project.path / "mlflow.db", tmp_path / "shared" / "mlflow.db")
    add_stage(project)
    assert said(lift(project, MLFLOW_TRACKING_URI=f"sqlite:///{tmp_path}/shared/mlflow.db")) == []
    assert not (tmp_path / "shared" / "mlruns").exists()


def test_first_runs_at_once_share_one_database(finished: Project, tmp_path: Path, runs: Runs) -> None:
    project = finished.copy(tmp_path / "project")
    (project.path / "mlflow.db").unlink()
    add_stage(project)
    values = ["one", "two", "three", "four"]
    started = [
        subprocess.Popen(
            ["python", "-m", "mlops.stage", f"{project.module}.lift", f"+target=reports/{value}.txt:{value}"],
            cwd=project.path,
            env=project.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for value in values
    ]
    ends = [(process.communicate()[1], process.returncode) for process in started]
    assert [status for _, status in ends] == [0] * len(values), ends
    assert not any("stage " in stderr for stderr, _ in ends), ends
    assert sorted(run["params"]["value"] for run in runs(project)) == sorted(values)


@pytest.mark.parametrize("how", [["--temp"], ["--queue"]], ids=["temp", "queue"])
def test_experiments_in_a_temporary_folder_are_recorded_in_the_project(
    blank: Project, tmp_path: Path, runs: Runs, how: list[str]
) -> None:
    project = blank.copy(tmp_path / "project")
    before = len(runs(project))
    project.run("dvc", "exp", "run", *how, "-S", "configs/model/logistic.yaml:C=2", "train")
    if "--queue" in how:
        project.run("dvc", "exp", "run", "--run-all", "--jobs", "1")
    new, *older = runs(project)
    assert (len(older), new["status"], new["params"]["model.C"]) == (before, "FINISHED", "2.0")
    assert "dvc/train.json" in new["artifacts"]
    assert json.loads((project.path / new["tags"]["mlops.record"] / "record.json").read_text())["status"] == 0


# A run that logs a table that it read, a model, and a metric of this model.
LOG_MODEL = """
import mlflow, pathlib
from mlflow.entities import DatasetInput, Dataset, LoggedModelOutput, Metric
client = mlflow.MlflowClient("sqlite:///mlflow.db")
run = client.search_runs([e.experiment_id for e in client.search_experiments()])[0]
model = client.create_logged_model(run.info.experiment_id, "weights", run.info.run_id, params={"size": "3"})
client.log_model_artifact(model.model_id, "claims.yaml")
client.finalize_logged_model(model.model_id, "READY")
client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, 0)])
client.log_inputs(run.info.run_id, [DatasetInput(Dataset("rows", "d1", "local", "{}"))])
client.log_batch(run.info.run_id, metrics=[Metric("loss", 0.5, 1, 0, model.model_id)])
"""
SHOW_MODEL = """
import mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db")
newest = client.search_runs([e.experiment_id for e in client.search_experiments()])[0]
run = client.get_run(newest.info.run_id)
(output,), (read,) = run.outputs.model_outputs, run.inputs.dataset_inputs
model = client.get_logged_model(output.model_id)
(file,) = client.list_logged_model_artifacts(output.model_id)
(loss,) = model.metrics
print(model.name, file.path, model.params, read.dataset.name, loss.value)
"""


def test_the_runs_of_two_machines_are_merged_without_doubles(project: Project, tmp_path: Path, runs: Runs) -> None:
    add_stage(project)
    cluster = project.copy(tmp_path / "cluster")
    cluster.edit(f"{cluster.module}/lift.py", "1.5", "2.5")
    for place in (project, cluster):
        lift(place)
    cluster.run("python", "-c", LOG_MODEL)
    merge = ("python", "-m", "probado", "merge")
    done = project.run(*merge, str(cluster.path))
    assert done.stdout == "1 runs copied, 1 were there already, 0 still run and were left\n"
    copied, own, shared = runs(project)
    assert [run["metrics"].get("lift") for run in (copied, own, shared)] == [2.5, 1.5, None]
    (theirs, _) = runs(cluster)
    assert project.run("python", "-c", SHOW_MODEL).stdout == "weights claims.yaml {'size': '3'} rows 0.5\n"
    assert copied["tags"].pop("mlops.copied_from") == theirs["id"]
    for key in ("status", "name", "params", "metrics", "artifacts", "tags"):
        assert copied[key] == theirs[key], key
    # In either direction, nothing is copied twice.
    assert "0 runs copied, 2 were there already" in project.run(*merge, str(cluster.path / "mlflow.db")).stdout
    assert "1 runs copied, 2 were there already" in cluster.run(*merge, str(project.path)).stdout
    # A merge that was interrupted: a copy without its end. The next merge replaces it.
    code = """
import mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db")
(copied,) = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.`mlops.copied_from` != ''")
client.set_tag(copied.info.run_id, "mlops.copying", copied.data.tags["mlops.copied_from"])
client.delete_tag(copied.info.run_id, "mlops.copied_from")
"""
    cluster.run("python", "-c", code)
    assert "1 runs copied, 2 were there already" in cluster.run(*merge, str(project.path)).stdout
    assert len(runs(cluster)) == 3
    refused = project.run(*merge, "elsewhere", check=False)
    assert refused.returncode == 1
    assert "there is no elsewhere: name a project's folder, its mlflow.db, or a server's address" in refused.stderr


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("threads: 2", "threads: 1", ["train", "evaluate"]),
        ("confidence: 0.95", "confidence: 0.9", ["evaluate"]),
    ],
    ids=["both trained", "one trained"],
)
def test_branches_that_ran_different_things_merge_without_hands(
    blank: Project, warm: dict[str, str], tmp_path: Path, old: str, new: str, again: list[str]
) -> None:
    project = blank.copy(tmp_path / "project").within(warm)
    project.run("git", "config", "merge.dvc-lock.driver", "python -m probado merge-lock %O %A %B")
    project.run("git", "config", "merge.dvc-output.driver", "true")
    project.run("git", "switch", "--quiet", "--create", "lift")
    add_stage(project)
    project.edit("configs/model/logistic.yaml", "C: 1", "C: 2")
    project.repro()
    project.commit()
    project.run("git", "switch", "--quiet", "main")
    project.edit("configs/config.yaml", old, new)
    project.repro()
    project.commit()
    person = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    # Only what the pipeline writes is kept as it is here: both sides of other files stay.
    said = project.run("git", "check-attr", "merge", "reports/metrics.json", "reports/notes.json").stdout
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == ["dvc-output", "unspecified"]
    done = project.run("git", *person, "merge", "lift", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"both branches ran {', '.join(again)} on other inputs: type dvc repro" in done.stdout + done.stderr
    assert set(project.lock()) == {*STAGES["blank"], "lift"} - set(again)
    project.run("dvc", "checkout", check=False)
    assert project.repro() == again
    assert set(again) <= set(project.lock())
