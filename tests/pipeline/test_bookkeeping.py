"""Bookkeeping never costs finished work: what MLflow cannot take is said in one line and recorded later."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.conftest import Runs
from tests.pipeline.lift import add_stage, lift, said
from tests.project import Project

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program holds the database while the block runs."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        yield


@pytest.mark.parametrize(
    ("file", "stage", "names"),
    [
        ("dvc.yaml", {"foreach": ["small", "large"], "value": "${item}"}, ["lift@small", "lift@large"]),
        ("dvc.yaml", {"matrix": {"size": ["small"], "kind": [1]}, "value": "${item.size}"}, ["lift@small-1"]),
        ("parts/first/dvc.yaml", {"foreach": ["2 x:y"], "value": "one"}, ["parts/first/dvc.yaml:lift@2 x:y"]),
        ("parts/first/dvc.yaml", {}, ["parts/first/dvc.yaml:lift"]),
    ],
    ids=["foreach", "matrix", "foreach in a folder", "in a folder"],
)
def test_stages_of_every_form_are_recorded(
    project: Project, runs: Runs, file: str, stage: dict[str, Any], names: list[str]
) -> None:
    many = "foreach" in stage or "matrix" in stage
    item = "${item.size}" if "matrix" in stage else "${item}"
    add_stage(project, file, f"reports/lift-{item}.txt" if many else "reports/lift.txt", **stage)
    # YAML 1.1 takes a stage's name for a truth value, and DVC ignores a broken pipeline.
    (project.path / file).write_text((project.path / file).read_text() + "  on:\n    cmd: 'true'\n", encoding="utf-8")
    (project.path / "old").mkdir()
    (project.path / "old/dvc.yaml").write_text("stages: {", encoding="utf-8")
    (project.path / ".dvcignore").write_text("old/\n", encoding="utf-8")
    for name in names:
        assert said(lift(project, name)) == []
        short = name.removeprefix(f"{file}:")
        entry = yaml.safe_load((project.path / file).with_suffix(".lock").read_text())["stages"][short]
        run = runs(project)[0]
        assert run["status"] == "FINISHED"
        (artifact,) = [text for path, text in run["artifacts"].items() if path.startswith("dvc/")]
        assert json.loads(artifact) == entry
        assert entry["outs"][0]["md5"] in run["tags"].values()


@pytest.mark.parametrize(
    "target", ["reports/lift (10%).json", "reports/año=2026,λ#1.json", f"reports/{'long' * 60}.json"]
)
def test_outputs_may_have_any_name(project: Project, runs: Runs, target: str) -> None:
    add_stage(project, target=target)
    assert said(lift(project)) == []
    run = runs(project)[0]
    assert (run["status"], run["metrics"]) == ("FINISHED", {"lift": 1.5})
    assert project.lock()["lift"]["outs"][0]["md5"] in run["tags"].values()


def test_a_locked_database_gets_the_run_later(project: Project, runs: Runs) -> None:
    add_stage(project)
    before = len(runs(project))
    with locked(project.path / "mlflow.db"):
        # A secret that is also part of the names in a record.
        (line,) = said(lift(project, POSTGRES_PASSWORD="mlflow"))
    assert "done, but not recorded in MLflow: " in line and "database is locked" in line
    assert line.endswith("to record it later: python -m mlops record")
    assert (project.path / "reports/lift.txt").read_text() == "one"
    assert len(runs(project)) == before
    # Neither another record that cannot be read, nor make clean, loses it.
    (project.path / ".runs/half").mkdir()
    (project.path / ".runs/half/record.json").touch()
    done = project.run("python", "-m", "mlops", "record", check=False)
    assert ".runs/half/record.json: " in done.stderr and "Traceback" not in done.stderr
    assert "1 of 2 runs that MLflow lacked are recorded now" in done.stdout
    shutil.rmtree(project.path / ".runs/half")
    run = runs(project)[0]
    assert (run["status"], run["metrics"], run["params"]) == ("FINISHED", {"lift": 1.5}, {"value": "one"})
    assert json.loads(run["artifacts"]["dvc/lift.json"]) == project.lock()["lift"]
    # Nothing is left to do, and nothing is doubled.
    assert "0 of 0 runs" in project.run("python", "-m", "mlops", "record").stdout
    assert len(runs(project)) == before + 1


# Held until the process ends. MLflow waits 20 seconds at each of its sessions, whatever the address says.
BUSY = """
import sqlite3
import sys

from sqlalchemy import Engine, event


@event.listens_for(Engine, "before_cursor_execute", retval=True)
def impatient(connection, cursor, statement, values, context, many):
    return statement.replace("busy_timeout = 20000", "busy_timeout = 100"), values


sys.held = sqlite3.connect("mlflow.db", isolation_level=None)
sys.held.execute("begin exclusive")
"""


def test_a_database_that_is_locked_while_a_stage_runs_gets_the_run_later(project: Project, runs: Runs) -> None:
    add_stage(project)
    file = project.path / project.module / "lift.py"
    code, (trained,) = file.read_text(encoding="utf-8"), runs(project)
    impatient = {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db?timeout=1"}
    # Before its run begins, which ends the stage, and after it.
    file.write_text(code.replace("with mlflow", f"{BUSY}\nwith mlflow"), encoding="utf-8")
    failed = project.run("dvc", "repro", "--single-item", "lift", check=False, **impatient)
    assert failed.returncode != 0 and "database is locked" in failed.stderr
    file.write_text(code + BUSY, encoding="utf-8")
    (line,) = said(lift(project, **impatient))
    assert "done, but not recorded in MLflow: " in line
    assert (project.path / "reports/lift.txt").read_text() == "one"
    project.run("make", "clean")
    assert "2 of 2 runs that MLflow lacked" in project.run("python", "-m", "mlops", "record").stdout
    found = {run["name"]: run for run in runs(project)}
    assert [found[name]["status"] for name in ("lift failed", "one")] == ["FAILED", "FINISHED"]
    assert "database is locked" in found["lift failed"]["tags"]["mlops.error"]
    assert json.loads(found["one"]["artifacts"]["dvc/lift.json"]) == project.lock()["lift"]
    assert len(found) == 3 and trained["id"] in {run["id"] for run in found.values()}


def another_schema(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("update alembic_version set version_num = 'another'")


@pytest.mark.parametrize(
    ("variables", "why"),
    [({}, "was deleted: mlflow experiments restore"), ({"MLFLOW_EXPERIMENT_ID": "77"}, "No Experiment with id=77")],
)
def test_a_missing_experiment_loses_no_result(project: Project, variables: dict[str, str], why: str) -> None:
    code = "import mlflow; c = mlflow.MlflowClient('sqlite:///mlflow.db'); c.delete_experiment('1')"
    project.run("python", "-c", code)
    add_stage(project)
    (line,) = said(lift(project, **variables))
    assert why in line
    assert (project.path / "reports/lift.txt").read_text() == "one"
    project.run("python", "-c", code.replace("delete", "restore"))
    assert "1 of 1 runs" in project.run("python", "-m", "mlops", "record").stdout


@pytest.mark.parametrize("spoil", [another_schema, lambda database: database.write_bytes(b"no database" * 100)])
def test_a_database_of_another_program_loses_no_result(project: Project, spoil: Callable[[Path], None]) -> None:
    add_stage(project)
    spoil(project.path / "mlflow.db")
    (line,) = said(lift(project))
    assert "done, but not recorded in MLflow" in line
    assert (project.path / "reports/lift.txt").read_text() == "one"
    assert list(project.path.glob(".runs/*-lift-*/mlflow.db"))
    failed = project.run("python", "-m", "mlops", "record", check=False)
    assert failed.returncode == 1 and "0 of 1 runs" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


def test_warnings_that_are_errors_end_no_stage(finished: Project, tmp_path: Path, runs: Runs) -> None:
    project = finished.copy(tmp_path / "project")
    add_stage(project)
    assert said(lift(project, PYTHONWARNINGS="error")) == []
    assert runs(project)[0]["metrics"] == {"lift": 1.5}


@pytest.mark.parametrize(
    ("cache", "command"), [(True, "dvc checkout reports/lift.txt"), (False, "git checkout -- reports/lift.txt")]
)
def test_an_output_that_cannot_be_restored_is_named_with_its_command(
    project: Project, cache: bool, command: str
) -> None:
    add_stage(project)
    pipeline = yaml.safe_load((project.path / "dvc.yaml").read_text())
    pipeline["stages"]["lift"]["outs"] = [{"reports/lift.txt": {"cache": cache}}]
    (project.path / "dvc.yaml").write_text(yaml.safe_dump(pipeline))
    lift(project)
    shutil.rmtree(project.path / ".dvc" / "cache")
    project.edit(f"{project.module}/lift.py", "import mlflow", "import mlflow\nraise RuntimeError('planted')")
    done = project.run("dvc", "repro", "--single-item", "lift", check=False)
    (line,) = [line for line in done.stderr.splitlines() if "could not be restored" in line]
    assert line.endswith(f"run {command}")
