"""Which files of a clone a stage finds: what it declares, and code. All others are moved away while it runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from probado.contract import READ_BY_RUNNER, RUNNER, has_runner
from probado.files import is_program, remove
from probado.repository.git import paths, skip_worktree
from probado.repository.hashes import moved
from probado.repository.paths import inside, overlaps
from probado.repository.pipeline import Pipeline, Stage
from probado.room.room import Room

# DVC, git and pip read these for themselves.
OF_TOOLS = (
    *("dvc.yaml", "dvc.lock", "calkit.yaml", "pyproject.toml"),
    *(".gitignore", ".dvcignore", ".gitattributes"),
)
# Stages go on with the run of an earlier one, in the store of runs and in the runner's records.
RECORDS = ("mlruns/", "mlartifacts/", "mlflow.db", ".runs/")


@dataclass(frozen=True)
class Surroundings:
    """The files of a clone."""

    root: Path
    pipeline: Pipeline
    # Those that are committed, written by stages, or raw data.
    known: set[str]
    # What was there before any stage ran.
    present: set[str]
    # Those that stay although no stage declares them, see `find_code`.
    code: set[str]

    def undeclared(self, stage: Stage) -> list[str]:
        """Files and folders that are there, that a stage does not declare, and that are no code."""
        root = self.root.resolve()
        # A link stands for what it leads to: a dependency, a folder on its way, a file in it.
        links = [path for path in self.known if inside(path, stage.deps) and (root / path).is_symlink()]
        targets = [(root / path).resolve() for path in (*stage.deps, *links)]
        led_to = [path.relative_to(root).as_posix() for path in targets if path.is_relative_to(root)]
        declared = {*stage.deps, *led_to, *stage.parameters, *(out.path for out in stage.outs)}
        listed: set[str] = set()
        # Sorted, so that a folder comes before what lies in it.
        for path in sorted([*self.known, *self._left_over()]):
            stays = path in self.code or is_of_tools(path) or overlaps(path, declared)
            if not stays and not inside(path, listed) and os.path.lexists(self.root / path):
                listed.add(path)
        return sorted(listed)

    def _left_over(self) -> list[str]:
        """What earlier stages wrote without declaring it; no records of runs, no bytecode."""
        return [
            path
            for path in paths(self.root, "ls-files", "-z", "--others", ":/")
            if not path.endswith(".pyc") and not inside(path, self.present) and not path.startswith(RECORDS)
        ]

    def clear_bytecode(self, stage: Stage) -> None:
        """Remove Python's bytecode from folders that a stage reads, unless it was committed or is an output."""
        for dep in stage.deps:
            if not overlaps(dep, self.pipeline.paths()):
                for folder in list((self.root / dep).rglob("__pycache__")):
                    if not overlaps(folder.relative_to(self.root).as_posix(), self.known):
                        remove(folder)


def is_of_tools(path: str) -> bool:
    """Whether git, DVC or pip reads a file for itself."""
    return bool({".git", ".dvc", ".venv"} & set(Path(path).parts)) or Path(path).name in OF_TOOLS


def find_code(root: Path, pipeline: Pipeline, committed: Iterable[str]) -> set[str]:
    """Files that no stage has to declare, since what a stage takes of them is seen in other ways.

    Python's imports and its reads of other files are watched. Programs are run, not read. `dvc.api.params_show()` reads
    all parameters, of which DVC watches those that a stage declares; so does Hydra in the stage runner.
    """
    written = pipeline.paths()
    listed = [path for path in committed if not inside(path, written)]
    code = {path for path in listed if path.endswith(".py") or is_program(root / path)}
    if has_runner(root):
        code |= {path for path in listed if path.startswith((RUNNER, *READ_BY_RUNNER))}
    if any(path.endswith(".py") and b"params_show" in (root / path).read_bytes() for path in code):
        code |= {"params.yaml", *(path for stage in pipeline.stages for path in stage.parameters)}
    return code


@contextlib.contextmanager
def absent(room: Room, listed: list[str], tracked: list[str]) -> Iterator[list[str]]:
    """Move files and folders out of the clone for a while; gives the files that were written in their place.

    `tracked` are the files of git among them, which it does not miss meanwhile.
    """
    wrote: list[str] = []
    # As deep as the project is in its repository, whose other files begin with "../".
    away = room.scratch / "absent" / room.clone.prefix
    away.mkdir(parents=True, exist_ok=True)
    skip_worktree(room.root, tracked, True)
    transfer(listed, room.root, away)
    try:
        yield wrote
    finally:
        wrote += [path for path in listed if (room.root / path).is_file()]
        transfer(listed, away, room.root)
        skip_worktree(room.root, tracked, False)


def transfer(listed: Iterable[str], source: Path, target: Path) -> None:
    """Move these files and folders from one root to another, in place of what is there."""
    for path in listed:
        remove(target / path)
        if os.path.lexists(source / path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            with moved(source / path, target / path):
                (source / path).rename(target / path)
