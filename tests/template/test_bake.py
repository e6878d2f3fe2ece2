"""The contents of a bake: everything rendered, nothing of another choice, under git, even if programs are missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.project import CHOICES, STARTERS, TEMPLATE, Project, bake_project, clean_environment

Bake = Callable[..., Project]
LICENSES = {
    "MIT": "MIT License",
    "BSD-3-Clause": "BSD 3-Clause License",
    "Apache-2.0": "Apache License",
    "GPL-3.0-or-later": "GNU GENERAL PUBLIC LICENSE",
    "proprietary": "All rights reserved",
}


def files(project: Project) -> set[str]:
    """Every file of a project except git's own, the module's folder as {module}."""
    found = (path for path in project.path.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(project.path)).replace(f"{project.module}/", "{module}/") for path in found}


@pytest.mark.parametrize(("starter", "deep_learning"), CHOICES)
def test_nothing_is_left_unrendered_or_of_another_choice(
    choice: Callable[[str, str], Project], starter: str, deep_learning: str
) -> None:
    project = choice(starter, deep_learning)
    for name in sorted(name for name in files(project) if not name.endswith(".whl")):
        text = (project.path / name.replace("{module}", project.module)).read_text(encoding="utf-8")
        if not name.endswith(".lock"):
            if "/templates/" not in name:
                # GitHub's own expressions look alike.
                assert not re.search(r"(?<!\$)\{\{\s|\{%|cookiecutter\.", text), name
            # mlops/ is the same for every project, and names the groups that one may have.
            if deep_learning == "no" and name not in {"ruff.toml", "LICENSE"}:
                assert not re.search(r"(?i)\btorch\b|\bmlp\b|\bskorch\b", "" if name.startswith("mlops/") else text), (
                    name
                )


@pytest.mark.parametrize("chosen", LICENSES)
def test_the_license_is_the_chosen_one(bake: Bake, chosen: str) -> None:
    project = bake(license=chosen, author_name="Ana María Núñez", author_email="ana@example.org")
    text = (project.path / "LICENSE").read_text(encoding="utf-8")
    assert LICENSES[chosen] in text
    if chosen not in ("Apache-2.0", "GPL-3.0-or-later"):
        assert "Ana María Núñez" in text
    metadata = tomllib.loads((project.path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata.get("license") == (None if chosen == "proprietary" else chosen)
    citation = yaml.safe_load((project.path / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation.get("license") == (None if chosen == "proprietary" else chosen)
    assert citation["authors"] == [{"name": "Ana María Núñez", "email": "ana@example.org"}]


def test_awkward_answers_are_kept_as_they_are(bake: Bake) -> None:
    answers = {
        "project_name": "Señales «ñ» & más",
        "module_name": "senales",
        "description": "Comillas \"dobles\", 'simples', \\ barras y 100 %: ¿todo bien? \N{ROCKET}",
        "author_name": 'José "Pepe" O\'Núñez',
    }
    project = bake(**answers)
    metadata = tomllib.loads((project.path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["description"] == answers["description"]
    assert metadata["authors"] == [{"name": answers["author_name"]}]
    citation = yaml.safe_load((project.path / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["title"] == answers["project_name"]
    assert (project.path / "README.md").read_text(encoding="utf-8").startswith(f"# {answers['project_name']}\n")
    assert project.run("git", "log", "--format=%an").stdout == f"{answers['author_name']}\n"


def test_the_first_commit_holds_everything(bake: Bake) -> None:
    project = bake()
    assert project.run("git", "status", "--porcelain", "--ignored").stdout == ""
    assert project.run("git", "log", "--format=%s").stdout == "Start from the template\n"
    assert project.run("git", "branch", "--show-current").stdout == "main\n"


def test_an_empty_home_is_enough(tmp_path: Path) -> None:
    variables = {key: value for key, value in clean_environment().items() if not key.startswith(("GIT_", "XDG_"))}
    project = bake_project(tmp_path / "out", {**variables, "HOME": str(tmp_path / "home")})
    assert project.run("git", "log", "--format=%ae").stdout == "author@localhost\n"


def test_inside_another_repository_none_is_made(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    project = bake_project(tmp_path / "inside", clean_environment())
    assert not (project.path / ".git").exists()
    (tmp_path / ".gitignore").write_text("/ignored/\n")
    assert (bake_project(tmp_path / "ignored", clean_environment()).path / ".git").is_dir()


def test_a_first_commit_that_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("no folder")
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(tmp_path)]
    variables = {**clean_environment(), "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects")}
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    assert done.returncode == 0
    assert re.search(r"git could not make the first commit; the project works without it: \S*objects", done.stderr)
    assert (tmp_path / "my_ml_project" / "dvc.yaml").is_file()


@pytest.mark.slow
def test_without_git_the_project_is_usable(tmp_path: Path, environment: dict[str, str]) -> None:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    own, *others = environment["PATH"].split(os.pathsep)
    for folder in reversed(others):
        for program in Path(folder).glob("*") if Path(folder).is_dir() else []:
            if not program.name.startswith("git"):
                link = binaries / program.name
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    without = {**environment, "PATH": f"{own}{os.pathsep}{binaries}"}
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(tmp_path)]
    done = subprocess.run(command, env=without, capture_output=True, text=True)
    assert done.returncode == 0
    assert "git is not installed: no repository was made" in done.stderr
    project = Project(tmp_path / "my_ml_project", "my_ml_project", without)
    assert project.repro("acquire") == ["acquire"]


def test_the_next_commands_are_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("    ")]
    assert lines == ["cd my_ml_project", "make env", "make reproduce"]


def test_a_console_that_cannot_show_the_name_costs_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(tmp_path)]
    # Only from the hooks: cookiecutter itself prints nothing.
    variables = {**clean_environment(), "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    done = subprocess.run([*command, "project_name=Señales", "module_name=senales"], capture_output=True, env=variables)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "senales" / ".git").is_dir()


def test_two_bakes_are_the_same_bytes(bake: Bake) -> None:
    one, other = bake(), bake()
    assert files(one) == files(other)
    for name in files(one):
        name = name.replace("{module}", one.module)
        assert (one.path / name).read_bytes() == (other.path / name).read_bytes(), name


def test_make_help_and_the_readme_name_every_target(bake: Bake) -> None:
    project = bake()
    makefile = (project.path / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):", makefile))
    shown = set(re.findall(r"(?m)^make (\w+)", project.run("make", "help").stdout))
    assert shown == targets
    readme = (project.path / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`| {4}|&& )make ([a-z]+)", readme)) <= targets


@pytest.mark.parametrize("starter", STARTERS)
def test_the_tree_in_the_readme_is_there(bake: Bake, starter: str) -> None:
    project = bake(starter=starter)
    readme = (project.path / "README.md").read_text(encoding="utf-8")
    tree = readme.split("```text\n")[1].split("```")[0]
    folders: list[str] = []
    made_by_a_run = {"models", "reports", "docs"}
    for line in tree.splitlines():
        indent, name = re.match(r"([│├└─ ]*)([\w./]+)", line).groups()  # type: ignore[union-attr]
        folders = [*folders[: len(indent) // 4 - 1], name.rstrip("/")]
        if folders[0] not in made_by_a_run:
            assert project.path.joinpath(*folders).exists(), line
