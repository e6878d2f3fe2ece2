"""Small projects to prove: a baked one that ends with the features, and what a proof of it says."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import TREE, Project, bake_project

Prove = Callable[..., "Proof"]


@dataclass
class Proof:
    """How a proof ended: its status, what it said, its evidence (empty where it left none)."""

    status: int
    said: str
    evidence: dict[str, Any]

    def causes(self) -> list[tuple[str, str]]:
        """The causes that it names, each with its stage."""
        return [(cause["stage"], cause["cause"]) for cause in self.evidence["causes"]]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Project:
    """A committed project of the blank starter whose pipeline ends with featurize. Only to be copied or looked at."""
    project = bake_project(tmp_path_factory.mktemp("small"), environment, project_name="Small", starter="blank")
    pipeline = (project.path / "dvc.yaml").read_text(encoding="utf-8")
    (project.path / "dvc.yaml").write_text(pipeline[: pipeline.index("  train:\n")], encoding="utf-8")
    claim = {
        "id": "kept",
        "text": "All pictures are kept.",
        "output": "reports/data_counts.json",
        "key": ["rows", "kept"],
    }
    (project.path / "claims.yaml").write_text(yaml.safe_dump({"claims": [{**claim, "value": 400, "tolerance": 0}]}))
    project.repro()
    project.commit()
    return project


@pytest.fixture
def planted(small: Project, tmp_path: Path) -> Callable[..., Project]:
    """Plant code that writes one more output of featurize, run the pipeline and commit."""

    def planted(output: str, code: str, *repro: str, **files: str) -> Project:
        project = small.copy(tmp_path / "planted")
        indented = "\n".join(f"    {line}" for line in code.strip().splitlines())
        ending = '    print(", ".join('
        project.edit(
            "small/features.py", ending, f'    out = outputs() / "data/processed/{output}"\n{indented}\n{ending}'
        )
        project.edit(
            "dvc.yaml",
            "      - data/processed/test.npz\n",
            f"      - data/processed/{output}\n      - data/processed/test.npz\n",
        )
        with (project.path / ".gitignore").open("a", encoding="utf-8") as ignored:
            ignored.write(f"/data/processed/{output}\n")
        for name, text in files.items():
            (project.path / name).write_text(text, encoding="utf-8")
        project.run(*repro, "dvc", "repro")
        project.commit()
        return project

    return planted


@pytest.fixture
def prove() -> Prove:
    """Prove a project in the environment that is there: by its own machinery, or by the template's from outside."""

    def prove(project: Project, *options: str, outside: bool = False, **variables: str) -> Proof:
        command = ["python", "-m", "mlops", "prove", "--env", "reuse", *options]
        if outside:
            command = ["python", "-P", "-m", "mlops", "prove", str(project.path), "--env", "reuse", *options]
            # No bytecode in the template.
            variables |= {"PYTHONPATH": str(TREE), "PYTHONDONTWRITEBYTECODE": "1"}
        before = tree(project)
        done: subprocess.CompletedProcess[str] = project.run(*command, check=False, **variables)
        assert tree(project) == before, "the project is not as it was"
        kept = project.path / "reports" / "proof.json"
        evidence = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
        assert "Traceback" not in done.stderr, done.stderr
        return Proof(done.returncode, done.stdout + done.stderr, evidence)

    return prove


def tree(project: Project) -> dict[str, bytes]:
    """Every file of a project but the proof itself, and what programs keep for themselves."""
    own = re.compile(r"(^|/)(\.git|\.dvc/tmp|\.venv|__pycache__|\.runs)/|^(reports|proof)/proof\.")
    files = {path.relative_to(project.path).as_posix(): path for path in project.path.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not own.search(name)}
