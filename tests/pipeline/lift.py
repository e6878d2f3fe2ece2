"""A stage of one's own that tracks a run, for tests of how runs are recorded."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.project import Project

LIFT = """
import sys
from pathlib import Path

import mlflow

target, _, value = sys.argv[1].removeprefix("+target=").rpartition(":")
with mlflow.start_run(run_name=value):
    mlflow.log_params({"value": value})
    mlflow.log_metric("lift", 0.5, step=1)
    mlflow.log_metric("lift", 1.5, step=2)
    Path(target).write_text(value)
"""


def add_stage(project: Project, file: str = "dvc.yaml", target: str = "reports/lift.txt", **stage: Any) -> None:
    """Add the stage `lift`, which writes `target`, to a pipeline of the project."""
    (project.path / project.module / "lift.py").write_text(LIFT, encoding="utf-8")
    path = project.path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    pipeline = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {"stages": {}}
    step = {
        "cmd": f"python -m mlops.stage {project.module}.lift '+target={target}:{stage.pop('value', 'one')}'",
        "deps": [f"{project.module}/lift.py"],
        "outs": [target],
    }
    if path.parent != project.path:
        step["wdir"] = "/".join([".."] * len(Path(file).parent.parts))
    each = stage.pop("foreach", None)
    pipeline["stages"]["lift"] = {"foreach": each, "do": step} if each else step | stage
    path.write_text(yaml.safe_dump(pipeline, sort_keys=False), encoding="utf-8")


def lift(project: Project, stage: str = "lift", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the stage, which has to succeed."""
    return project.run("dvc", "repro", "--single-item", stage, check=True, **variables)


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the runner says of a stage."""
    assert "Traceback" not in done.stdout + done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("stage ")]
