"""make as macOS has it, on a machine full of other people's programs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import Project

# make 3.81 of macOS looks a recipe's program up on the caller's PATH. What the Makefile exports is for that program.
# DVC runs its commands by $SHELL, which make passes on.
OLD_MAKE = """
SHELL=/bin/sh
export SHELL
case "$2" in
  .venv/*|/*|\\"/*) ;;
  *) program=$(PATH="$CALLER_PATH" command -v "${2%% *}"); set -- -c "$program ${2#* }" ;;
esac
exec /bin/sh "$@"
"""
# None of these may be the one that a target runs.
STRANGERS = ("python", "python3", "dvc", "probado", "pytest", "ruff", "mypy")

Make = Callable[[Project, str], subprocess.CompletedProcess[str]]


def program(folder: Path, name: str, text: str) -> None:
    """Put a shell script into a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def old_make(tmp_path: Path) -> Make:
    """Make a target, which must succeed without running a stranger's program."""
    strangers, shell = tmp_path / "strangers", tmp_path / "shell"
    for name in STRANGERS:
        program(strangers, name, 'echo "a stranger ran" >&2; exit 1')
    program(shell, "sh", OLD_MAKE)

    def make(project: Project, target: str) -> subprocess.CompletedProcess[str]:
        path = f"{strangers}:/usr/bin:/bin"
        done = project.run("make", f"SHELL={shell / 'sh'}", target, PATH=path, CALLER_PATH=path)
        assert "a stranger ran" not in done.stdout + done.stderr, (target, done.stderr)
        return done

    return make
