"""A fresh project passes scientific Python's review (sp-repo-review), except for checks it waives with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable

import pytest

from tests.project import Project


@pytest.mark.parametrize("starter", ["tabular", "primary_particles", "blank"])
def test_no_failure_is_left_without_a_reason(bake: Callable[..., Project], starter: str) -> None:
    project = bake(starter=starter)
    command = [sys.executable, "-m", "repo_review", "--format", "json", str(project.path)]
    review = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    results = {name: check["result"] for name, check in review["checks"].items()}
    assert [name for name, result in results.items() if result is False] == []
    assert sum(result is True for result in results.values()) > 30
    settings = tomllib.loads((project.path / "pyproject.toml").read_text(encoding="utf-8"))
    assert all(len(reason) > 20 for reason in settings["tool"]["repo-review"]["ignore"].values())
