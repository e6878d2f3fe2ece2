"""The page on features, models and metrics of one's own: its files and commands, typed as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.project import TEMPLATE, bake_project, clean_environment

pytestmark = pytest.mark.slow

PAGE = TEMPLATE / "docs" / "own.md"
BLOCK = re.compile(r"(?ms)^```(\w+)(?: title=\"([^\"]*)\")?\n(.*?)^```$")


def test_a_feature_a_package_a_model_and_a_metric(tmp_path: Path, environment: dict[str, str]) -> None:
    project = bake_project(tmp_path / "Año nuevo", environment)
    assert project.module == "my_ml_project"
    steps = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert [kind for kind, *_ in steps].count("sh") == 5
    for _, title, text in steps:
        path = project.path / title
        if title == "pyproject.toml":
            project.edit(title, "dependencies = [\n", f"dependencies = [\n{text}")
        elif title:
            path.write_text(text, encoding="utf-8")
        else:
            for command in text.splitlines():
                if command == "make env":
                    # From here on in an environment of its own.
                    project = project.within(clean_environment())
                project.run(*shlex.split(command))
    manifest = json.loads((project.path / "models/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["model"]["name"], manifest["features"][-1]) == ("lightgbm", "roundness")
    report = json.loads((project.path / "reports/metrics.json").read_text(encoding="utf-8"))
    missed = report["metrics"]["missed_tumours"]
    assert missed["value"] < 0.2 and report["baseline"]["missed_tumours"]["value"] == 1
    contract = json.loads((project.path / "models/inputs.json").read_text(encoding="utf-8"))
    assert "mean area" in [one["name"] for one in contract["inputs"]]
