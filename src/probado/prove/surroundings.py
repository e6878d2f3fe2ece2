"""Which files of a clone a stage finds: what it declares, and code. All other data are moved away while it runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from probado.repository.git import paths
from probado.repository.paths import inside, overlaps
from probado.repository.pipeline import Pipeline, Stage
from probado.room.folder import remove
from probado.room.room import Room

# DVC, git and pip read these for themselves.
OF_TOOLS = (
    *("dvc.yaml", "dvc.lock", "calkit.yaml", "pyproject.toml"),
    *(".gitignore", ".dvcignore", ".gitattributes", ".env"),
)
# Code and its settings stay where they are.
CODE = (
    *(".py", ".pyi", ".pyx", ".ipynb", ".sh", ".r", ".jl", ".m", ".sql", ".c", ".h", ".cpp", ".rs", ".js", ".mk"),
    *(".yaml", ".yml", ".toml", ".cfg", ".ini", ".lock", ".so", ".j2", ".jinja"),
)
# Trackers of runs write these, for people.
RECORDS = ("mlruns/", "mlartifacts/", "mlflow.db", "wandb/", "outputs/", "multirun/")


class Surroundings:
    """The files of a clone: those that are committed or written by stages, and those that turned up."""

    def __init__(self, root: Path, pipeline: Pipeline, known: set[str], present: set[str]) -> None:
        """`known` are committed files, outputs and raw data; `present` is what was there before any stage ran."""
        self.root, self.pipeline, self.known, self.present = root, pipeline, known, present

    def _data(self) -> list[str]:
        # Files such as .gitkeep mark empty folders, or are settings of tools.
        return [path for path in self.known if not path.lower().endswith(CODE) and Path(path).name[0] != "."]

    def undeclared_data(self, stage: Stage) -> list[str]:
        """Data that are there and that a stage does not declare."""
        root = self.root.resolve()
        # A link stands for what it leads to.
        targets = [(root / dep).resolve() for dep in stage.deps if (root / dep).is_symlink()]
        led_to = [path.relative_to(root).as_posix() for path in targets if path.is_relative_to(root)]
        declared = {*stage.deps, *led_to, *stage.parameters, *(out.path for out in stage.outs)}
        listed: set[str] = set()
        # Sorted, so that a folder comes before what lies in it.
        for path in sorted([*self._data(), *self._left_over()]):
            stays = overlaps(path, declared) or path in OF_TOOLS
            if not stays and not inside(path, listed) and (self.root / path).exists():
                listed.add(path)
        return sorted(listed)

    def _left_over(self) -> list[str]:
        """Data that earlier stages wrote without declaring them; no records of runs, caches or bytecode."""
        return [
            path
            for path in paths(self.root, "ls-files", "-z", "--others")
            if not path.lower().endswith((*CODE, ".pyc"))
            and not inside(path, self.present)
            and not path.startswith(RECORDS)
            and not any(part.startswith(".") for part in Path(path).parts)
        ]

    def clear_bytecode(self, stage: Stage) -> None:
        """Remove Python's bytecode from folders that a stage reads, unless it was committed or is an output."""
        for dep in stage.deps:
            if not overlaps(dep, self.pipeline.paths()):
                for folder in list((self.root / dep).rglob("__pycache__")):
                    if not overlaps(folder.relative_to(self.root).as_posix(), self.known):
                        remove(folder)


@contextlib.contextmanager
def absent(room: Room, listed: list[str]) -> Iterator[list[str]]:
    """Move files and folders out of the clone for a while; gives the files that were written in their place."""
    wrote: list[str] = []
    transfer(listed, room.root, room.folder / "absent")
    try:
        yield wrote
    finally:
        wrote += [path for path in listed if (room.root / path).is_file()]
        transfer(listed, room.folder / "absent", room.root)


def transfer(listed: Iterable[str], source: Path, target: Path) -> None:
    """Move these files and folders from one root to another, in place of what is there."""
    for path in listed:
        remove(target / path)
        if os.path.lexists(source / path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).rename(target / path)
