"""MLflow by HTTP: a tracking server in place of the file, an unreachable server, and the pages of make ui."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.pipeline.lift import add_stage, lift, said
from tests.project import Project

pytestmark = pytest.mark.slow


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(port: int, folder: Path, variables: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server in its own process group that answers at the port while the block runs."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**variables, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert ask(f"http://127.0.0.1:{port}/health") == b"OK"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ask(url: str, query: dict[str, Any] | None = None) -> bytes:
    """The answer of a server, to a query in JSON if given; the server may be slow to start."""
    pool = urllib3.PoolManager(retries=urllib3.Retry(connect=10, backoff_factor=0.1), timeout=60)
    answer = pool.request("GET" if query is None else "POST", url, json=query)
    assert answer.status == 200, answer.data
    return answer.data


def runs_at(server: str, experiment: str) -> list[dict[str, Any]]:
    """The runs of an experiment on the server, tags as a dictionary."""
    found = json.loads(ask(f"{server}/api/2.0/mlflow/experiments/get-by-name?experiment_name={experiment}"))
    query = {"experiment_ids": [found["experiment"]["experiment_id"]]}
    runs = json.loads(ask(f"{server}/api/2.0/mlflow/runs/search", query)).get("runs", [])
    return [{**run["info"], "tags": {tag["key"]: tag["value"] for tag in run["data"]["tags"]}} for run in runs]


def test_a_tracking_server_gets_the_runs(project: Project, tmp_path: Path) -> None:
    (project.path / "mlflow.db").unlink()
    port = free_port()
    server = f"http://127.0.0.1:{port}"
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    (tmp_path / "server").mkdir()
    project.edit("configs/model/xgboost.yaml", "max_depth: 6", "max_depth: 3")
    with serving(port, tmp_path / "server", project.environment, *command):
        assert project.repro(MLFLOW_TRACKING_URI=server) == ["train", "evaluate", "report"]
        (run,) = runs_at(server, project.module)
        assert run["status"] == "FINISHED"
        for stage in ("train", "evaluate"):
            for out in project.lock()[stage]["outs"]:
                assert run["tags"][f"mlops.{stage}.{out['path']}"] == out["md5"]
            artifact = ask(f"{server}/get-artifact?run_id={run['run_id']}&path=dvc/{stage}.json")
            assert json.loads(artifact) == project.lock()[stage]
    assert not (project.path / "mlflow.db").exists()


def test_a_server_that_is_away_is_said_in_one_line_and_gets_the_run_later(project: Project, tmp_path: Path) -> None:
    add_stage(project)
    port = free_port()
    server = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    (line,) = said(lift(project, **server))
    assert "done, but not recorded in MLflow: " in line and str(port) in line
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with serving(port, tmp_path, project.environment, *command):
        recorded = project.run("python", "-m", "mlops", "record", check=True, **server).stdout
        assert "1 of 1 runs that MLflow lacked are recorded now" in recorded
        (run,) = runs_at(server["MLFLOW_TRACKING_URI"], project.module)
    assert run["status"] == "FINISHED"
    (out,) = project.lock()["lift"]["outs"]
    assert run["tags"][f"mlops.lift.{out['path']}"] == out["md5"]


def test_a_model_is_kept_whose_metrics_the_server_no_longer_takes(project: Project, tmp_path: Path) -> None:
    """A short network failure does not lose hours of training."""
    before = project.outputs()
    port = free_port()
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    away = "        os.killpg(int(os.environ['SERVER']), 9)\n"
    line = '        mlflow.log_metrics({f"{part}.'
    project.edit(f"{project.module}/modeling/train.py", line, away + line)
    project.edit(f"{project.module}/modeling/train.py", "import hydra\n", "import os\nimport hydra\n")
    with serving(port, tmp_path, project.environment, *command) as process:
        server = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
        done = project.run("dvc", "repro", check=False, SERVER=str(process.pid), **server)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    (kept,) = project.path.glob(".runs/*-train-*/models/manifest.json")
    folder = kept.parents[1].relative_to(project.path)
    assert f"the outputs of the failed run are kept in {folder}" in done.stderr
    assert (project.outputs(), project.leftovers()) == (before, [])


def test_make_ui_shows_the_runs_at_the_next_free_port(project: Project) -> None:
    with socket.socket() as another:
        another.bind(("127.0.0.1", 0))
        another.listen()
        taken = another.getsockname()[1]
        server = f"http://127.0.0.1:{taken + 1}"
        with serving(taken + 1, project.path, {**project.environment, "MLFLOW_PORT": str(taken)}, "make", "ui"):
            assert b"<title>MLflow</title>" in ask(server)
            (run,) = runs_at(server, project.module)
            assert run["status"] == "FINISHED"
        said = (project.path / "server.log").read_text(encoding="utf-8")
        assert f"port {taken} is taken by another program" in said
        assert f"the runs are at {server}/#/experiments/1" in said
