"""probado adopt lays what is missing, changes nothing, and says what is left to do."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from probado.adopt.plan import Plan
from probado.cli import main
from tests.project import Project

# Files of a project, text by path.
Files = dict[str, str]
CCDS: Files = {
    "Makefile": ".PHONY: data clean\ndata:\n\t@echo their data\nclean: ; @echo their clean\nX := 1\n",
    "pyproject.toml": '[build-system]\nrequires = ["flit_core >=3.2,<4"]\nbuild-backend = "flit_core.buildapi"\n\n'
    '[project]\nname = "grades"\nversion = "0.0.1"\ndescription = "Grades."\ndependencies = ["loguru", "numpy"]\n',
    ".gitignore": "/data/\n.venv\n__pycache__/\n",
    "requirements.txt": "loguru\nruff\ntyper>=0.9  # the command line\n-e .\n",
    "grades/__init__.py": "",
    "grades/config.py": "SLOPE = 2\n",
    "grades/features.py": "",
    "grades/modeling/train.py": "from grades.config import SLOPE\n",
    "data/raw/grades.csv": "hours,grade\n1,2\n",
}
SCRIPTS: Files = {
    "analysis.py": "import pandas\npandas.read_csv('grades.csv').mean().to_json('result.json')\n",
    "notebooks/look.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
    "grades.csv": "hours,grade\r\n1,2\r\n",
    "README.md": "# Grades\n",
}
DVC: Files = {
    ".dvc/config": "[core]\n    analytics = false\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    "dvc.yaml": "stages:\n  sort:\n    cmd: sort raw.txt > sorted.txt\n    deps: [raw.txt]\n    outs: [sorted.txt]\n",
    "raw.txt": "b\na\n",
    "params.yaml": "a: 1\n",
    "requirements/base.txt": "dvc\n",
    "requirements.txt": "# nothing\n",
}
PROJECTS = {"ccds": CCDS, "scripts": SCRIPTS, "dvc": DVC}


@pytest.fixture
def new(choice: Callable[[str, str], Project]) -> Path:
    return choice("blank", "no").path


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Files], Path]:
    """Write a project."""

    def folder(files: Files) -> Path:
        for name, text in files.items():
            path = tmp_path / "theirs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return tmp_path / "theirs"

    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", PROJECTS)
def test_every_file_keeps_its_bytes_and_what_lacks_is_there(
    kind: str, new: Path, folder: Callable[[Files], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = folder(PROJECTS[kind])
    before = tree(theirs)
    assert main(["adopt", str(new), str(theirs)]) == 0
    after = tree(theirs)
    assert {name: after[name] for name in before} == before
    laid = set(after) - set(before)
    assert {"mlops/stage.py", "requirements/base.lock", ".gitattributes"} <= laid
    # The science, tests and documents of the starter stay out.
    assert not any(name.startswith((new.name, "configs", "tests", "docs", "README", "LICENSE")) for name in laid)
    said = capsys.readouterr().out
    kept = [name for name in (".gitignore", "pyproject.toml") if name in before]
    assert ("yours, as they were: " + ", ".join(kept) in said) == bool(kept)
    # Once more: everything is there.
    assert main(["adopt", str(new), str(theirs)]) == 0
    assert tree(theirs) == after and capsys.readouterr().out.startswith("0 files laid")


def test_the_steps_by_hand_are_those_that_are_left(
    new: Path, folder: Callable[[Files], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    taken = {"makefile": "env:\n\techo theirs\n", "requirements.txt": "seaborn==0.13\nPandas\n"}
    assert main(["adopt", str(new), str(folder(CCDS))]) == 0
    said = capsys.readouterr().out
    assert "add to .gitignore: /.runs/  /mlflow.db*  /mlruns/  /mlartifacts/  *.partial\n" in said
    assert "to pyproject.toml, then make lock: until then the locks lack loguru, typer\n" in said
    assert "name yours in mlops.mk" in said and "git init" in said
    subprocess.run(["rm", "-r", str(folder({}))], check=True)
    assert main(["adopt", str(new), str(folder(taken))]) == 0
    said = capsys.readouterr().out
    assert "add to the dependencies in pyproject.toml: seaborn; then make lock" in said
    assert "make -f mlops.mk env: builds" in said and "make prove: reruns" in said


def test_both_makefiles_work(new: Path, folder: Callable[[Files], Path]) -> None:
    theirs = folder(CCDS | {"test": "a file of this name"})
    assert main(["adopt", str(new), str(theirs)]) == 0

    def make(*targets: str) -> str:
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(["make", *targets], cwd=theirs, capture_output=True, text=True, env=variables)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout

    assert make() == make("data") == "their data\n" and make("clean") == "their clean\n"
    assert "-m mlops env" in make("-n", "env") and "probado prove" in make("-n", "prove")
    assert "pytest" in make("-n", "test")
    assert "model=xgboost" in make("-n", "train", "MODEL=xgboost")


def test_the_laid_pyproject_is_about_packages_alone(new: Path, folder: Callable[[Files], Path]) -> None:
    theirs = folder(SCRIPTS)
    assert main(["adopt", str(new), str(theirs)]) == 0
    text = (theirs / "pyproject.toml").read_text()
    assert re.findall(r"(?m)^\[([\w-]+)", text) == [
        "build-system",
        "project",
        "project",
        "dependency-groups",
        *["tool"] * 3,
    ]
    assert "readme" not in text and "license" not in text and "pytest.ini" not in text
    assert '"dvc>=' in text and "mlops.tracking:RunContext" in text


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"mlops/stage.py": "mine\n"}, "mlops/stage.py is in the way of the file of that name: rename yours first"),
        ({"requirements": "numpy\n"}, "requirements is in the way of the folder of that name: rename yours first"),
        ({"requirements/base.lock": "mine\n"}, "requirements/base.lock is in the way of the file"),
    ],
)
def test_a_file_in_the_way_is_named_and_nothing_is_laid(
    files: Files, reason: str, new: Path, folder: Callable[[Files], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = folder(files)
    before = tree(theirs)
    assert main(["adopt", str(new), str(theirs)]) == 1
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1
    assert tree(theirs) == before


def test_what_is_no_new_project_or_no_folder_is_refused(
    new: Path, folder: Callable[[Files], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = folder(SCRIPTS)
    for arguments, reason in (
        ((str(theirs), str(new)), "name a project that the template has just made"),
        ((str(new), str(tmp_path / "none")), "there is no folder"),
        ((str(new), str(new.parent)), "make the new project outside of it"),
        ((str(new), str(new)), "make the new project outside of it"),
    ):
        assert main(["adopt", *arguments]) == 1
        said = capsys.readouterr().err
        assert reason in said and said.count("\n") == 1


def test_all_files_are_laid_or_none(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("mine")
    with pytest.raises(FileExistsError):
        Plan({"a": b"1", "b/b/b": b"2", "c": b"3"}, []).lay(tmp_path)
    assert tree(tmp_path) == {"c": b"mine"} and list(tmp_path.iterdir()) == [tmp_path / "c"]
