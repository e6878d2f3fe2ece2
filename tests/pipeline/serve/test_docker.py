"""The Dockerfile's steps, run in a fresh folder and environment: tests have no engine for containers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.serve.conftest import serving
from tests.project import Project, clean_environment

pytestmark = pytest.mark.slow

# What the image has beyond the project is installed by the system's packages.
OF_THE_SYSTEM = "apt-get"


def instructions(file: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, each with its arguments."""
    return re.findall(r"(?m)^([A-Z]+) (.+)$", file.read_text(encoding="utf-8"))


def copy(project: Path, image: Path, arguments: str) -> None:
    """COPY, without what .dockerignore leaves out."""
    ignored = [line for line in (project / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    *sources, target = arguments.split()

    def left_out(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(project)
        return {name for name in names if any(fnmatch((inside / name).as_posix(), one) for one in ignored)}

    for source in (project / one for one in sources):
        if source.is_dir():
            shutil.copytree(source, image / target, ignore=left_out, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, image / target)


def test_the_steps_of_the_dockerfile_give_a_server(
    promoted: Project, rows: list[dict[str, Any]], evaluated: list[dict[str, Any]], tmp_path: Path
) -> None:
    image = tmp_path / "image"
    image.mkdir()
    # Python as an image has it: no environment of a project around it.
    path = f"{Path(sys._base_executable).parent}{os.pathsep}{os.environ['PATH']}"  # type: ignore[attr-defined]
    variables = {**clean_environment(), "PATH": path}
    command: list[str] = []
    for name, arguments in instructions(promoted.path / "Dockerfile"):
        if name == "COPY":
            copy(promoted.path, image, arguments)
        elif name == "RUN" and OF_THE_SYSTEM not in arguments:
            done = subprocess.run(arguments, shell=True, cwd=image, env=variables, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        elif name == "CMD":
            command = json.loads(arguments)

    assert command[:3] == [".venv/bin/probado", "serve", "--module"] and command[-2:] == ["--host", "0.0.0.0"]
    assert not (image / "data").exists() and not (image / ".git").exists()
    variables["PATH"] = f"{image / '.venv' / 'bin'}{os.pathsep}{variables['PATH']}"
    with serving(Project(image, command[3], variables)) as server:
        status, answer = server.ask(rows[:20])
    assert (status, answer["version"]) == (200, "1")
    assert answer["predictions"] == [{"row": number, **one} for number, one in enumerate(evaluated[:20], 1)]
