"""The Makefile of a project: its programs are those of .venv, whatever else is on PATH, and its Python is there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import TEMPLATE, TREE, Project
from tests.template.test_environment import installed

# Programs of every system, which need no environment.
OF_THE_SYSTEM = ("awk", "rm", "find")


def program(folder: Path, name: str, text: str) -> None:
    """Put a shell script into a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_every_recipe_names_its_program_by_path() -> None:
    """Make 3.81 of macOS looks programs up on the caller's PATH, not on the one that the Makefile exports."""
    files = [TREE / "Makefile", *TREE.glob("layers/*/parts/makefile")]
    recipes = [line for file in files for line in re.findall(r"(?m)^\t(.*)", file.read_text(encoding="utf-8"))]
    assert len(recipes) > 15
    for recipe in recipes:
        command = re.sub(r"^\$\(if \$\(MODEL\),", "", recipe.removeprefix("@"))
        assert command.startswith(("$(BIN)/", '"$(PYTHON)" ', *OF_THE_SYSTEM)), recipe


def test_each_target_is_declared_beside_its_recipe() -> None:
    text = (TREE / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^([a-z]+):", text) == re.findall(r"(?m)^\.PHONY: ([a-z]+)$", text)


@pytest.mark.slow
def test_programs_of_strangers_on_the_path_are_not_run(finished: Project, tmp_path: Path) -> None:
    for name in ("python", "python3", "dvc", "probado", "pytest"):
        program(tmp_path / "bin", name, 'echo "a stranger ran" >&2; exit 1')
    project = finished.copy(tmp_path / "project")
    project.edit("configs/config.yaml", "resamples: 40", "resamples: 20")
    done = project.run("make", "train", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert "Running stage 'evaluate'" in done.stdout and "a stranger ran" not in done.stdout + done.stderr


@pytest.mark.parametrize("missing", [("3.11",), ("3.11", "3.14", "3.13")])
def test_the_newest_python_that_runs_is_taken(
    bake: Callable[..., Project], tmp_path: Path, missing: tuple[str, ...]
) -> None:
    """Pyenv has a python3.11 on PATH for every version, installed or not."""
    for version in missing:
        program(tmp_path, f"python{version}", "echo 'pyenv: version is not installed' >&2; exit 127")
    present = [version for version in ("3.14", "3.13", "3.12") if version not in missing]
    python = installed(present[-1])
    for version in present:
        # Only the oldest of them is there, so that the one which is taken is known.
        text = f'exec "{python}" "$@"' if version == present[-1] else "exit 127"
        program(tmp_path, f"python{version}", text)
    done = bake().run("make", "-n", "env", PATH=f"{tmp_path}:/usr/bin:/bin")
    (chosen,) = re.findall(r'"(\S+)" -m mlops env', done.stdout)
    assert Path(chosen).resolve() == Path(python).resolve()


def test_the_template_refuses_an_old_python(tmp_path: Path) -> None:
    python = installed("3.10")
    for name in ("Makefile", "requirements.lock"):
        (tmp_path / name).write_bytes((TEMPLATE / name).read_bytes())
    done = subprocess.run(
        ["make", ".venv/ready", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed, found 3.10" in done.stderr
    assert not (tmp_path / ".venv").exists()
