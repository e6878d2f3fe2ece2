"""make retrain: a better model on new data joins the project with its commit; otherwise the project is as it was."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest

from tests.pipeline.conftest import promote
from tests.project import Project

pytestmark = pytest.mark.slow

# Stops the process where the model is the champion, and the project has not its commit yet.
KILLED = """
import os, sys
from probado.cli import main
from probado.life.retrain import command
command.take_over = lambda *_: os._exit(9)
sys.exit(main(["retrain", "--module", {module!r}, "--file", {file!r}, "--unproven"]))
"""


def table(signal: str, seed: int, rows: int = 500) -> str:
    """Rows whose label says whether a column is positive, in four of five rows."""
    draw = random.Random(seed)
    lines = ["x,y,label"]
    for _ in range(rows):
        row = {"x": draw.gauss(0, 1), "y": draw.gauss(0, 1)}
        true = (row[signal] > 0) == (draw.random() < 0.9) if signal in row else draw.random() < 0.5
        lines.append(f"{row['x']:.4f},{row['y']:.4f},{'yes' if true else 'no'}")
    return "\n".join(lines) + "\n"


def state(project: Project) -> dict[str, str]:
    """Hashes of all files that git tracks or DVC made, and the commit."""
    tracked = project.run("git", "ls-files", "-z").stdout.split("\0")[:-1]
    found = {name: hashlib.sha256((project.path / name).read_bytes()).hexdigest() for name in tracked}
    return found | project.outputs() | {"commit": project.run("git", "rev-parse", "HEAD").stdout}


def retrain(project: Project, content: str, *options: str) -> tuple[int, str]:
    """The exit status of a retraining on a file, and what it says last."""
    (project.path.parent / "new.csv").write_text(content)
    command = ["probado", "retrain", "--module", project.module, "--file", "../new.csv", "--unproven"]
    done = project.run(*command, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()[-1]


def champion(project: Project) -> str:
    """The number of the champion."""
    code = "from pathlib import Path; from probado.life.registry import Registry; "
    code += f"print(Registry({project.module!r}, Path()).champion())"
    return project.run("python", "-W", "ignore", "-c", code).stdout.strip()


def test_new_data_give_a_champion_or_nothing(own: Callable[..., Project]) -> None:
    project = own(table("x", 1))
    project.repro()
    project.commit()
    done = promote(project)
    assert done.returncode == 0, done.stderr
    before = state(project)

    assert retrain(project, table("x", 1)) == (0, "the same data give the same model: there is nothing to promote")
    assert retrain(project, table("neither", 2)) == (3, "the project is as it was")
    status, said = retrain(project, "x,label\n1,yes\n2,no\n")
    assert status == 1
    assert said.startswith(
        "probado retrain: dvc repro failed on the new data: the project is as it was, and .life/retrain"
    )
    assert state(project) == before and champion(project) == "1"

    (project.path / "README.md").write_text("mine")
    done = project.run("probado", "retrain", "--module", project.module, check=False)
    assert done.stderr.startswith("probado retrain: README.md is not committed")
    project.run("git", "checkout", "README.md")

    new = table("y", 3)
    (project.path.parent / "new.csv").write_text(new)
    code = KILLED.format(module=project.module, file="../new.csv")
    assert project.run("python", "-W", "ignore", "-c", code, check=False).returncode == 9
    assert state(project) == before and champion(project) == "3"
    done = project.run("make", "retrain", "FILE=../new.csv", "UNPROVEN=1")
    assert "a stopped retraining is finished: the project has its commit now" in done.stdout
    assert done.stdout.splitlines()[-1] == "the same data give the same model: there is nothing to promote"

    assert project.run("git", "rev-parse", "HEAD^").stdout == before["commit"]
    assert (project.path / "data/external/own.csv").read_text() == new
    assert project.run("git", "status", "--porcelain").stdout == ""
    assert project.run("dvc", "status", "--json").stdout.strip() == "{}"
    assert not (project.path / ".life/retrain").exists()
    assert promote(project).stdout == "version 3 is this model, and the champion already\n"
