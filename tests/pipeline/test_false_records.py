"""No run says what did not happen, and no record holds a secret."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.pipeline.conftest import Runs
from tests.pipeline.lift import add_stage, lift, said
from tests.project import Project

pytestmark = pytest.mark.slow


def test_a_leftover_run_id_changes_nobody_elses_run(finished: Project, tmp_path: Path, runs: Runs) -> None:
    project = finished.copy(tmp_path / "project")
    (trained,) = runs(project)
    with (project.path / project.module / "report.py").open("a", encoding="utf-8") as stream:
        stream.write("raise RuntimeError('planted')\n")
    project.run("dvc", "repro", check=False, MLFLOW_RUN_ID=trained["id"])
    add_stage(project)
    lift(project, MLFLOW_RUN_ID=trained["id"])
    lifted, failed, still = runs(project)
    assert (still["status"], still["tags"], still["metrics"]) == ("FINISHED", trained["tags"], trained["metrics"])
    assert (lifted["metrics"], failed["status"]) == ({"lift": 1.5}, "FAILED")


SWEEP = """
import hydra
import mlflow

@hydra.main(version_base="1.3", config_path="../configs", config_name="config")
def main(cfg):
    with mlflow.start_run(run_name=str(cfg.seed)):
        if cfg.seed == 2:
            raise ValueError("a bad job")

if __name__ == "__main__":
    main()
"""


def test_a_bad_job_of_a_sweep_leaves_the_good_ones_finished(project: Project, runs: Runs) -> None:
    (project.path / project.module / "sweep.py").write_text(SWEEP, encoding="utf-8")
    done = project.stage("sweep", "--multirun", "seed=1,2,3")
    assert done.returncode != 0
    found = {run["name"]: run for run in runs(project)}
    assert [found[name]["status"] for name in ("1", "2", "3")] == ["FINISHED", "FAILED", "FINISHED"]
    assert [found[name]["tags"]["mlops.seed"] for name in ("1", "2", "3")] == ["1", "2", "3"]


def test_a_repository_that_git_does_not_trust_is_said(project: Project) -> None:
    done = project.stage("report", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    (line,) = said(done)
    assert "the commit is not recorded: git refuses to read this repository, because another user owns it" in line
    assert f"git config --global --add safe.directory {project.path}" in line
    assert done.returncode == 0


SECRET = 's3cr3t-of-"the-lab"-ñ'


def everything_written(project: Project, done: subprocess.CompletedProcess[str]) -> str:
    """What is printed, and all text below .runs/ and in MLflow's database and artifacts."""
    files = [*project.path.glob(".runs/**/*"), *project.path.glob("mlruns/**/*"), project.path / "mlflow.db"]
    kept = [path.read_bytes().decode(errors="replace") for path in files if path.is_file()]
    return "\n".join([done.stdout, done.stderr, *kept])


@pytest.mark.parametrize("name", ["API_TOKEN", "MAGIC_WORD"])
def test_a_secret_of_the_configuration_is_written_nowhere(project: Project, name: str) -> None:
    project.edit("configs/config.yaml", "seed: 42", f"seed: 42  # not ${{oc.env:{name}}}")
    code = f'import os, mlflow\nmlflow.get_tracking_uri()\nraise ValueError("no access with " + os.environ["{name}"])\n'
    (project.path / project.module / "fetch.py").write_text(code, encoding="utf-8")
    done = project.stage("fetch", f"+key={SECRET}", **{name: SECRET})
    assert f"no access with ${{oc.env:{name}}}" in done.stderr
    text = everything_written(project, done)
    assert SECRET not in text and json.dumps(SECRET, ensure_ascii=False)[1:-1] not in text


@pytest.mark.parametrize("secret", ["ab/cd+ef12==\n", "first line\n  second line\n"])
def test_a_secret_is_found_in_every_form_of_a_message(project: Project, secret: str) -> None:
    code = """import os
from urllib.parse import quote
import mlflow
mlflow.get_tracking_uri()
key = os.environ["API_TOKEN"]
raise ValueError(f"no access with {key} at host/?token={quote(key.strip(), safe='')}")
"""
    (project.path / project.module / "fetch.py").write_text(code, encoding="utf-8")
    # Variables with such names that hold no secret.
    harmless = {"TOKENIZERS_PARALLELISM": "false", "MAX_TOKENS": "4096"}
    done = project.stage("fetch", API_TOKEN=secret, **harmless)
    assert "no access with ${oc.env:API_TOKEN}" in done.stderr
    text = everything_written(project, done)
    forms = (secret.strip(), " ".join(secret.split()), quote(secret.strip(), safe=""))
    assert not any(form in text for form in forms)
    (record,) = project.path.glob(".runs/*-fetch-*/record.json")
    assert json.loads(record.read_text())["dirty"] == "true"


@pytest.mark.parametrize("user", ["ana:hunter22", "ana:a@hunter22", "hunter22"])
def test_a_password_in_an_address_is_written_nowhere(project: Project, user: str) -> None:
    add_stage(project)
    address = f"http://{user}@127.0.0.1:9/path"
    done = lift(project, MLFLOW_TRACKING_URI=address, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    (line,) = said(done)
    assert "done, but not recorded in MLflow" in line
    assert "hunter22" not in everything_written(project, done)
