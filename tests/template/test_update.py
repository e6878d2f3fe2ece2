"""cruft updates existing projects: it compares two rendered folders and applies the difference."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import TEMPLATE, TREE, clean_environment

# The template before its judge became a package and starters became layers.
BEFORE = Path(__file__).with_name("before_probado.bundle")


def git(folder: Path, *arguments: str) -> str:
    """Run git, which must succeed."""
    author = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    done = subprocess.run(["git", *author, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def cruft(folder: Path, *arguments: str) -> str:
    """Run cruft, which must succeed; returns what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "cruft", *arguments], cwd=folder, capture_output=True, text=True, env=clean_environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "Test")


def copy_template(target: Path) -> None:
    """Copy the template's present files into a folder."""
    for name in git(TEMPLATE, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (TEMPLATE / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TEMPLATE / name, target / name)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a project except git's own and cruft's record."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith((".git/", ".cruft.json"))}


def create(template: Path, folder: Path, checkout: str, **answers: str) -> Path:
    """Make a project with cruft and commit it."""
    folder.mkdir()
    context = [part for key, value in answers.items() for part in ("--extra-context", f'{{"{key}": "{value}"}}')]
    command = ["create", str(template), "--no-input", "--output-dir", str(folder), "--checkout", checkout, *context]
    said = cruft(folder, *command)
    # A hook cannot tell an update from a new project: it says what is left to do.
    if checkout == "main":
        assert "cruft makes no git repository. In a new project: git init && git add --all && git commit" in said
    (project,) = folder.iterdir()
    assert not (project / ".git").exists() and not (project / "layers").exists()
    git(folder, "init", "--quiet", str(project))
    return project


def test_a_later_release(tmp_path: Path) -> None:
    template = tmp_path / "template"
    copy_template(template)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(template))
    commit(template)
    project = create(template, tmp_path / "projects", "main")
    (project / "README.md").write_text("My own words.\n")
    commit(project)
    source = template / TREE.name / "mlops" / "select.py"
    source.write_text(source.read_text(encoding="utf-8") + "# A later release.\n", encoding="utf-8")
    commit(template)
    cruft(project, "update", "--skip-apply-ask", "--checkout", "main")
    assert (project / "mlops" / "select.py").read_text(encoding="utf-8").endswith("# A later release.\n")
    assert (project / "README.md").read_text() == "My own words.\n"
    assert list(project.rglob("*.rej")) == []


@pytest.mark.slow
@pytest.mark.parametrize(("starter", "deep_learning"), [("tabular", "torch"), ("blank", "no")])
def test_from_before_the_judge_was_a_package(starter: str, deep_learning: str, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", "--branch", "before", str(BEFORE), str(template))
    answers = {"starter": starter, "deep_learning": deep_learning, "project_name": "Old project"}
    project = create(template, tmp_path / "projects", "before", **answers)
    assert (project / "mlops" / "prove" / "command.py").is_file()
    # A user's own: a new file, an edited document, an edited setting.
    own = project / project.name / "own.py"
    own.write_text("NUMBER = 1\n")
    (project / "CHANGELOG.md").write_text("My own words.\n")
    config = project / "configs" / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("seed: 42", "seed: 7"), encoding="utf-8")
    commit(project)
    git(template, "checkout", "--quiet", "-b", "main")
    git(template, "rm", "-r", "--quiet", ".")
    copy_template(template)
    commit(template)
    cruft(project, "update", "--skip-apply-ask", "--checkout", "main")
    assert list(project.rglob("*.rej")) == []
    fresh = files(create(template, tmp_path / "fresh", "main", **answers))
    found = files(project)
    assert found.keys() == fresh.keys() | {f"{project.name}/own.py"}
    differing = {name for name in fresh if found[name] != fresh[name]}
    assert differing == {"CHANGELOG.md", "configs/config.yaml"}
    assert "seed: 7" in config.read_text(encoding="utf-8")
