"""The starter notebook runs from top to bottom, and its figures are the report's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow


def test_the_notebook_runs_and_draws_the_figures_of_the_report(project: Project, tmp_path: Path) -> None:
    before = project.outputs()
    # The projects of the tests share an environment, into which this one is not installed.
    away = {"PYTHONPATH": str(project.path), "IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    project = project.within(project.environment | away)
    project.run("jupyter", "execute", "--inplace", "notebooks/start.ipynb")

    cells = json.loads((project.path / "notebooks/start.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    drawn = {
        base64.b64decode(output["data"]["image/png"]) for output in outputs if "image/png" in output.get("data", {})
    }
    kept = {path.read_bytes() for path in (project.path / "reports/figures").glob("*.png")}
    assert len(drawn) >= 4 and drawn <= kept
    tables = ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    assert len(tables) == 3 and "another seed" in tables[-1]
    value = json.loads((project.path / "reports/metrics.json").read_text(encoding="utf-8"))["metrics"]["accuracy"][
        "value"
    ]
    assert f"{value:.6f}" in tables[1]
    assert project.outputs() == before
