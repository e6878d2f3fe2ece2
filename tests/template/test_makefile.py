"""The Makefile of a project: its programs are those of .venv, whatever else is on PATH, and its Python is there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import TEMPLATE, TREE, Project
from tests.template.conftest import Make, program
from tests.template.test_environment import installed

# Programs of every system, which need no environment.
OF_THE_SYSTEM = ("awk", "rm", "find")


def test_every_recipe_names_its_program_by_path() -> None:
    """Make 3.81 of macOS looks programs up on the caller's PATH, not on the one that the Makefile exports."""
    files = [TREE / "Makefile", *TREE.glob("layers/*/parts/makefile"), *TREE.glob("layers/*/parts/train")]
    recipes = [line for file in files for line in re.findall(r"(?m)^\t(.*)", file.read_text(encoding="utf-8"))]
    assert len(recipes) > 15
    for recipe in recipes:
        command = re.sub(r"^(\{\{.*\}\}\t)?(\$\(if .*?\)+,+)?", "", recipe.removeprefix("@"))
        assert command.startswith(("$(BIN)/", '"$(PYTHON)" ', *OF_THE_SYSTEM)), recipe


@pytest.mark.parametrize("folder", [TEMPLATE, TREE], ids=["template", "project"])
def test_each_target_is_declared_beside_its_recipe(folder: Path) -> None:
    text = (folder / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^\.PHONY: ([a-z-]+)\n\1:", text) == re.findall(r"(?m)^([a-z-]+):", text)


# What a target says. The others are made with the same make where they have tests of their own: test and lint in
# test_generated.py, prove in test_adoption.py, predict in the projects' own tests; env, lock and ui run the Python that
# they are given.
SAYS = {
    "help": "make prove",
    "data": "Running stage 'featurize'",
    "train": "Running stage 'report'",
    "reproduce": "Data and pipelines are up to date",
    "claim": "claims.yaml: metrics accuracy value of reports/metrics.json is",
    "remote": "here: none",
    "format": "unchanged",
    "clean": "",
}
ELSEWHERE = {"test", "lint", "prove", "env", "lock", "ui", "predict", "serve", "ask", "monitor"}


@pytest.mark.slow
def test_every_target_works_whatever_is_on_the_path(blank: Project, old_make: Make, tmp_path: Path) -> None:
    project = blank.copy(tmp_path / "project")
    targets = re.findall(r"(?m)^([a-z]+):", (project.path / "Makefile").read_text(encoding="utf-8"))
    assert set(SAYS) | ELSEWHERE == set(targets)
    project.edit("configs/config.yaml", "seed: 42", "seed: 43")
    for target, says in SAYS.items():
        assert says in old_make(project, target).stdout, target


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
