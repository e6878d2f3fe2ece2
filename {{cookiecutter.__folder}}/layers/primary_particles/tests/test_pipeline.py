"""The whole pipeline in a copy of the project: DVC writes every output, and a second run does nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.module_name }}.common.paths import ROOT

OUTPUTS = """
data/raw/tables/truth.parquet data/interim/tables/events.parquet data/processed/test.parquet models/manifest.json
reports/metrics.json reports/predictions.parquet reports/figures/comparison.png reports/report.html docs/model_card.md
""".split()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the pipeline's inputs, without its outputs, with fewer showers."""
    copy = tmp_path / "copy"
    for name in ("configs", "mlops", "requirements", "{{ cookiecutter.module_name }}"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", copy / ".dvc")
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, copy)
    # DVC needs a git repository or no_scm.
    (copy / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    for choice in ("data=showers", "features=event", "split=grouped", "model=fisher", "experiment=none"):
        run(copy, "mlops", "select", choice)
    config = copy / "configs" / "config.yaml"
    config.write_text(re.sub(r"resamples: \d+", "resamples: 20", config.read_text(encoding="utf-8")), encoding="utf-8")
    path = copy / "configs" / "data" / "showers.yaml"
    fewer = re.sub(r"(?m)^(showers|traces): \d+", r"\1: 1200", path.read_text(encoding="utf-8"))
    path.write_text(fewer, encoding="utf-8")
    return copy


def run(project: Path, *module: str) -> str:
    """Run a Python module in the project, without the caller's own settings; returns its output."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DVC_", "MLFLOW_", "MLOPS_"))}
    # The stages call python by its name: it must be this one.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run([sys.executable, "-m", *module], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pipeline(project: Path) -> None:
    assert "Running stage 'report'" in run(project, "dvc", "repro")

    for path in OUTPUTS:
        assert (project / path).stat().st_size > 0
    report = json.loads((project / "reports" / "metrics.json").read_text(encoding="utf-8"))
    for metric in report["metrics"].values():
        assert metric["low"] <= metric["value"] <= metric["high"]
    assert report["metrics"]["roc_auc"]["value"] > 0.5
    assert "Running stage" not in run(project, "dvc", "repro")
