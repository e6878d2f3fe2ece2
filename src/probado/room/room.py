"""A clean room, ready for stages: everything that a command in it depends on."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probado.repository.git import paths
from probado.repository.paths import inside
from probado.room.clock import find_library, still
from probado.room.clone import Clone, moved
from probado.room.environment import Environment, environments_inside
from probado.room.folder import remove
from probado.room.network import Network
from probado.room.process import Hidden, Outcome, run_confined
from probado.room.variables import room_variables

WATCH = Path(__file__).with_name("watch")
# Seconds for a question of the judge.
ASKED = 60


@dataclass(frozen=True)
class Room:
    """A clean room. `limit` is the time for one command of a stage, in seconds."""

    project: Path
    folder: Path
    clone: Clone
    environment: Environment
    network: Network
    limit: float

    @property
    def root(self) -> Path:
        """The project in the clone."""
        return self.clone.root

    @property
    def scratch(self) -> Path:
        """A folder for the judge's own files."""
        return self.folder / "scratch"

    def variables(self, network: bool = False) -> dict[str, str]:
        """The environment variables of a command."""
        return room_variables(self.folder, self.root, self.environment.binaries, network)

    @functools.cached_property
    def clock(self) -> Path | None:
        """The library that gives programs another clock, None where there is none."""
        method = self.network.method
        return find_library(lambda command, given: self._confined(method, command, self.folder, given, ASKED))

    def run_line(
        self, line: str, folder: str, given: Mapping[str, str], substitute: Mapping[str, Any], online: bool = False
    ) -> Outcome:
        """Run one line of a stage by a shell, watched.

        Args:
            line: the command as dvc.yaml has it.
            folder: where it runs, from the project's root.
            given: further variables.
            substitute: what the watch substitutes, see watch/sitecustomize.py.
            online: whether it may use the network. The original project is hidden either way.
        """
        method = ("mounts" if self.network.method == "namespace" else "allowed") if online else self.network.method
        log = self.scratch / "watched"
        log.unlink(missing_ok=True)
        variables = {**self.variables(online), **self._watched(log), **given}
        if "clock" in substitute and self.clock:
            variables |= still(self.clock, substitute["clock"])
            substitute = {name: value for name, value in substitute.items() if name != "clock"} | {"waits": True}
        if substitute:
            variables["PROOF_SUBSTITUTE"] = json.dumps(substitute)
        shell = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
        fixed = ["setarch", "-R"] if "addresses" in substitute else []
        outcome = self._confined(method, [*fixed, shell, "-c", line], self.root / folder, variables, self.limit)
        if log.is_file():
            outcome.notes = [json.loads(note) for note in log.read_text(encoding="utf-8").splitlines()]
        return outcome

    def ask(self, command: Sequence[str]) -> Outcome:
        """Run a command of the judge's own, such as a question to the environment's interpreter."""
        return self._confined("allowed", command, self.folder, self.variables(), ASKED, whole=True)

    def _watched(self, log: Path) -> dict[str, str]:
        """Variables by which every interpreter loads the watch, and finds editable packages in the clone."""
        watch = self.folder / "watch"
        if not watch.is_dir():
            # A copy, so that no bytecode is written where the judge is installed.
            shutil.copytree(WATCH, watch, ignore=shutil.ignore_patterns("__pycache__"))
        search = [watch, *(self.clone.place / path for path in self.environment.editable)]
        return {
            "PYTHONPATH": os.pathsep.join(map(str, search)),
            "PROOF_ROOT": str(self.root) + os.sep,
            "PROOF_WATCH": str(log),
        }

    def _confined(
        self,
        method: str,
        command: Sequence[str],
        cwd: Path,
        variables: Mapping[str, str],
        limit: float,
        whole: bool = False,
    ) -> Outcome:
        original = hidden_original(self.clone, self.folder, self.environment)
        return run_confined(method, command, cwd, variables, self.scratch / "output", limit, original, whole)

    def refresh(self, kept: set[str]) -> None:
        """Remove what earlier runs left in home, temporary folder and clone, except for these paths of the clone."""
        for name in ("home", "tmp"):
            remove(self.folder / name)
            (self.folder / name).mkdir()
        for name in paths(self.root, "ls-files", "-z", "--others"):
            if not inside(name, kept) and "__pycache__" not in Path(name).parts:
                (self.root / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Room]:
        """The same room with the clone in another folder of another length."""
        with moved(self.clone, self.folder / "elsewhere" / "under_another_name") as clone:
            yield replace(self, clone=clone)


def hidden_original(clone: Clone, folder: Path, environment: Environment) -> Hidden:
    """Hide the original repository, except for an environment in it and a room (`folder`) that lies there."""
    visible = environments_inside(clone.original, environment.binaries)
    if folder.is_relative_to(clone.original):
        visible.add(folder)
    return Hidden(clone.original, tuple(sorted(map(str, visible))))
