"""probado adopt lays what is missing, changes nothing, and says what is left to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
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
# setuptools finds the packages by itself, and refuses to with mlops/ beside them.
DISCOVERED = (
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "a"\n'
)
DVC: Files = {
    "pyproject.toml": DISCOVERED + 'version = "1"\n',
    "sums/__init__.py": "",
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
    # Once more: it is adopted.
    assert main(["adopt", str(new), str(theirs)]) == 1
    said = capsys.readouterr().err
    assert tree(theirs) == after and "has the runner mlops/stage.py: it was adopted" in said and said.count("\n") == 1


def advised(new: Path, theirs: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The steps that an adoption prints."""
    assert main(["adopt", str(new), str(theirs)]) == 0
    return capsys.readouterr().out.partition("by hand:\n")[2]


LOCK_BASE = "cat requirements/groups.toml >> pyproject.toml, then make lock"


@pytest.mark.parametrize(
    ("files", "steps"),
    [
        ({}, ["git init", "1. git init: a proof reruns a commit\n2. make env: builds", "name yours in Makefile"]),
        (
            CCDS,
            ["add to .gitignore: /.runs/  /mlflow.db*", f"{LOCK_BASE}: until then the locks lack loguru, typer>=0.9"],
        ),
        (
            {"pyproject.toml": "[dependency-groups]\n"},
            ["add the groups in requirements/groups.toml to [dependency-groups]"],
        ),
        ({"pyproject.toml": DISCOVERED}, ["setuptools finds mlops/ too"]),
        ({"makefile": "env lock: ; echo\nX = a: b\n"}, ["make -f mlops.mk env: builds", "make prove: reruns"]),
        (
            {"Makefile": "include more.mk\n", "more.mk": "prove::\n"},
            ["make -f mlops.mk prove: reruns", "make env: builds"],
        ),
        ({"GNUmakefile": "all: ; echo\n"}, ["make -f mlops.mk prove: reruns", "make -f mlops.mk env: builds"]),
        (
            {"requirements.txt": "-r more.txt\n", "more.txt": "seaborn==0.13\nPandas\n"},
            ["to base in pyproject.toml: seaborn==0.13;"],
        ),
        ({"requirements.txt": "numpy==1.26.4\ndvc[s3]\n"}, ["dvc[s3], numpy==1.26.4 (locked: "]),
        ({"requirements.txt": "\ufeffseaborn\n"}, ["pyproject.toml: seaborn; then make lock"]),
        ({"pyproject.toml": "project = 1"}, [LOCK_BASE]),
        ({"pyproject.toml": "<<<<<<<"}, [LOCK_BASE]),
        (
            {"environment.yml": "", "setup.py": ""},
            ["not read, compare their packages with requirements/base.lock: setup.py, environment.yml"],
        ),
    ],
)
def test_the_steps_by_hand_are_those_that_are_left(
    files: Files, steps: list[str], new: Path, folder: Callable[[Files], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = advised(new, folder(files | {"mine.txt": ""}), capsys)
    for step in steps:
        assert step in said, said


def test_steps_about_git(new: Path, folder: Callable[[Files], Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A project in a repository of more, whose git ignores data and keeps other ends of lines."""
    inner = folder(
        {".gitignore": "data/\n", ".gitattributes": "* text=auto\n", "one/data/a.csv": "", "one/a.py": "1\r\n"}
    )
    for arguments in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *arguments], cwd=inner, check=True, capture_output=True)
    said = advised(new, inner / "one", capsys)
    assert "git init" not in said
    assert "in .gitignore, write instead of the line that ignores data/: /data/**  !/data/**/  !/data/**/*.dvc" in said
    assert "a clone would differ: a.py: write them with LF" in said


def test_both_makefiles_work(new: Path, folder: Callable[[Files], Path]) -> None:
    more = "lock: ; @echo their lock\ntable.tex run.sh: ; @echo making $@\n%.out: %.in ; @echo $@ of $<\n"
    more += "goals: ; @echo $(MAKECMDGOALS) of $(words $(MAKECMDGOALS))\n"
    theirs = folder(CCDS | {"Makefile": CCDS["Makefile"] + more, "env": "a file", "a.in": ""})
    assert main(["adopt", str(new), str(theirs)]) == 0

    def make(*targets: str) -> str:
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(["make", *targets], cwd=theirs, capture_output=True, text=True, env=variables)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout

    assert make() == make("data") == "their data\n" and make("clean") == "their clean\n"
    assert make("table.tex", "run.sh") == "making table.tex\nmaking run.sh\n" and make("a.out") == "a.out of a.in\n"
    assert make("goals", "clean") == "goals clean of 2\ntheir clean\n"
    assert "echo their clean\n" in make("clean", "-n", "env")
    assert make("lock") == "their lock\n" and "-m mlops lock" in make("-n", "-f", "mlops.mk", "lock")
    assert "-m mlops env" in make("-n", "env") and "probado prove" in make("-n", "prove")


def test_the_laid_packages_are_groups_which_change_no_build(new: Path, folder: Callable[[Files], Path]) -> None:
    for files, name in ((SCRIPTS, "pyproject.toml"), (CCDS, "requirements/groups.toml")):
        theirs = folder(files)
        assert main(["adopt", str(new), str(theirs)]) == 0
        groups = tomllib.loads((theirs / name).read_text())
        settings = tomllib.loads((new / "pyproject.toml").read_text())
        assert groups == {
            "dependency-groups": {"base": settings["project"]["dependencies"], **settings["dependency-groups"]}
        }
        shutil.rmtree(theirs)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"mlops/stage.py": "mine\n"}, "mlops/stage.py is in the way of the file of that name: rename yours first"),
        ({"requirements": "numpy\n"}, "requirements is in the way of the folder of that name: rename yours first"),
        ({"requirements/base.lock": "mine\n"}, "requirements/base.lock is in the way of the file"),
        ({".dvc": "mine\n"}, ".dvc is in the way of the folder"),
        ({".gitignore/mine": ""}, ".gitignore is in the way of the file"),
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


def test_a_link_out_of_the_project_is_in_the_way(
    new: Path, folder: Callable[[Files], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder(SCRIPTS) / "requirements").symlink_to(tmp_path / "elsewhere")
    assert main(["adopt", str(new), str(folder({}))]) == 1
    assert "requirements is in the way of the folder" in capsys.readouterr().err
    assert not list((tmp_path / "elsewhere").iterdir())


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
