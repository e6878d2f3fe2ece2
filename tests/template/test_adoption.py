"""Existing projects are adopted: `make env` and `make prove` work in them, with at most five edits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.probado.adopt.test_adopt import PROJECTS, Files
from tests.project import TEMPLATE, Project, clean_environment
from tests.template.conftest import Make

SCORE = """import json
from grades.config import SLOPE
rows = open("data/raw/grades.csv").readlines()
json.dump(SLOPE * len(rows), open("reports/score.json", "w"))
"""
# As the command says: git ignores all of data/ there.
IGNORED = "/data/**\n!/data/**/\n!/data/**/*.dvc\n!/data/**/.gitignore\n.venv\n__pycache__/\n"
# What a person edits by hand after the adoption; the rest are commands.
EDITS: dict[str, Files] = {
    "ccds": {"grades/score.py": SCORE, "reports/.gitkeep": "", ".gitignore": IGNORED},
    "scripts": {},
    "dvc": {},
}
STAGES = {
    "ccds": (
        "--name",
        "score",
        "--deps",
        "grades",
        "--deps",
        "data/raw",
        "--outs",
        "reports/score.json",
        "python",
        "-m",
        "grades.score",
    ),
    "scripts": (
        *("--name", "analysis", "--deps", "analysis.py", "--deps", "grades.csv"),
        *("--outs", "result.json", "python", "analysis.py"),
    ),
}


@pytest.mark.slow
def test_an_adopted_project_is_proven(choice: Callable[[str, str], Project], old_make: Make, tmp_path: Path) -> None:
    new, venv = choice("blank", "no"), tmp_path / "venv"
    for kind, files in PROJECTS.items():
        # One environment, which the second and third project make theirs in a moment.
        project = Project(tmp_path / kind, "grades", {**clean_environment(), "UV_PROJECT_ENVIRONMENT": str(venv)})
        for name, text in files.items():
            (project.path / name).parent.mkdir(parents=True, exist_ok=True)
            (project.path / name).write_bytes(text.encode())
        project.run("git", "init", "--quiet", "-b", "main")
        project.commit()
        # The judge needs no environment: as with uvx.
        project.run(sys.executable, "-m", "probado", "adopt", str(new.path), ".", PYTHONPATH=str(TEMPLATE / "src"))
        assert f"{venv} is ready" in project.run("make", "env").stdout
        # Git starts the driver at the top of the work tree, which may lie above the project.
        assert f'"{venv}/bin/python" -m' in project.run("git", "config", "merge.dvc-lock.driver").stdout
        for name, text in EDITS[kind].items():
            (project.path / name).parent.mkdir(parents=True, exist_ok=True)
            (project.path / name).write_text(text, encoding="utf-8")
        assert len(EDITS[kind]) <= 5
        if kind == "ccds":
            project.run(str(venv / "bin" / "dvc"), "add", "--quiet", "data/raw")
        if kind in STAGES:
            project.run(str(venv / "bin" / "dvc"), "stage", "add", "--quiet", *STAGES[kind])
        project.run("make", "reproduce")
        project.commit()
        assert "EXACT: 1 of 1 outputs" in old_make(project, "prove").stdout
        changed = project.run("git", "diff", "--name-only", "HEAD~1", "HEAD", "--diff-filter=MD").stdout.split()
        # DVC names its outputs in .gitignore.
        assert set(changed) <= {".gitignore"}, changed
