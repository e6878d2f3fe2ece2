"""A clean room, ready for stages: everything that a command in it depends on."""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import os
import py_compile
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probado.files import remove
from probado.repository.git import paths
from probado.repository.paths import inside, overlaps
from probado.room.clock import find_library, still
from probado.room.clone import Clone, moved
from probado.room.environment import Environment
from probado.room.network import Network
from probado.room.process import Outcome, run_confined
from probado.room.sandbox import ALLOWED, BUBBLEWRAP, FRESH, Sandbox, View
from probado.room.variables import room_variables

# Modules of every interpreter in the room. Python loads its sitecustomize.py by itself.
WATCH = Path(__file__).with_name("watch")
# Folders of the room in which a stage may leave files.
PLACES = ("home", *FRESH.values())
# Caches in the home folder that say nothing of a stage, and take long to make.
FONTS = (".cache/matplotlib", ".cache/fontconfig")
# Seconds for a question of the judge.
ASKED = 60


@dataclass(frozen=True)
class Room:
    """A clean room.

    `threads` is the number of them in the project's configuration. `limit` is the time for one command of a stage, in
    seconds.
    """

    project: Path
    folder: Path
    clone: Clone
    environment: Environment
    network: Network
    threads: int
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
        return room_variables(self.folder, self.threads, self.environment.binaries, network)

    @functools.cached_property
    def clock(self) -> Path | None:
        """The library that gives programs another clock, None where there is none."""
        return find_library(lambda command: self._confined(View(), command, self.root, self.variables(), ASKED))

    @functools.cached_property
    def _sandbox(self) -> Sandbox:
        return Sandbox(self.folder, self.clone, self.environment)

    def run_line(
        self,
        line: str,
        folder: str,
        given: Mapping[str, str],
        substitute: Mapping[str, Any],
        view: View,
        before: Sequence[str] = (),
    ) -> Outcome:
        """Run one line of a stage by a shell, watched.

        Args:
            line: the command as dvc.yaml has it.
            folder: where it runs, from the project's root.
            given: further variables.
            substitute: what the watch substitutes, see watch/proof_substitutes.py.
            view: what it may use. The original project is hidden in any case.
            before: a program that starts the shell, with its arguments.
        """
        log = self.folder / "log" / "watched"
        log.unlink(missing_ok=True)
        variables = {**self.variables(view.online), **self._watched(log), **given}
        if self.network.method == BUBBLEWRAP and view.fresh:
            variables["PROOF_FRESH"] = os.pathsep.join(FRESH)
        if "clock" in substitute and self.clock:
            before = [*before, *still(self.clock, substitute["clock"], of_files="file times" in substitute)]
            substitute = {"waits": True, "counters": True} | {
                name: value for name, value in substitute.items() if name not in ("clock", "file times")
            }
        if substitute:
            variables["PROOF_SUBSTITUTE"] = json.dumps(substitute)
        shell = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
        outcome = self._confined(view, [*before, shell, "-c", line], self.root / folder, variables, self.limit)
        if log.is_file():
            outcome.notes = [ast.literal_eval(note) for note in log.read_text(encoding="utf-8").splitlines()]
        return outcome

    def ask(self, command: Sequence[str]) -> Outcome:
        """Run a command of the judge's own, such as a question to the environment's interpreter."""
        output = self.scratch / "output"
        return run_confined([ALLOWED], command, self.folder, self.variables(), output, ASKED, whole=True)

    def try_method(self, method: str, command: Sequence[str]) -> Outcome:
        """Run a command by a method of confine.py that may not work here."""
        options = self._sandbox.options(method, View(), self.root)
        return run_confined(options, command, self.root, {}, self.scratch / "output", ASKED)

    def _watched(self, log: Path) -> dict[str, str]:
        """Variables by which every interpreter loads the watch, and finds editable packages in the clone."""
        watch = self.folder / "watch"
        if not watch.is_dir():
            # A copy, so that no bytecode is written where the judge is installed. Compiled here, because a stage may
            # not write beside it. An experiment may change the times of files.
            shutil.copytree(WATCH, watch, ignore=shutil.ignore_patterns("__pycache__"))
            for module in watch.glob("*.py"):
                py_compile.compile(str(module), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        search = [watch, *(self.clone.place / path for path in self.environment.editable)]
        return {
            "PYTHONPATH": os.pathsep.join(map(str, search)),
            "PROOF_ROOT": str(self.root) + os.sep,
            "PROOF_REPOSITORY": str(self.clone.place) + os.sep,
            "PROOF_WATCH": str(log),
        }

    def _confined(
        self, view: View, command: Sequence[str], cwd: Path, variables: Mapping[str, str], limit: float
    ) -> Outcome:
        options = self._sandbox.options(self.network.method, view, cwd)
        return run_confined(options, command, cwd, variables, self.scratch / "output", limit)

    def left_behind(self) -> set[str]:
        """Where stages found the files and folders that they left in home and temporary folders."""
        found: set[str] = set()
        for name in PLACES:
            folder = self.folder / name
            places = [folder]
            if self.network.method == BUBBLEWRAP:
                places += [Path(place) for place, own in FRESH.items() if own == name]
            # Not below links, which may lead anywhere.
            for top, folders, files in () if folder.is_symlink() else os.walk(folder):
                inner = [Path(top, one).relative_to(folder) for one in (*folders, *files)]
                found |= {str(place / one) for place in places for one in inner}
        return found

    def clear(self) -> None:
        """Remove what stages left in home and temporary folders, but for lists of the machine's fonts."""
        fonts = [path for path in FONTS if _is_real(self.folder / "home", path)]
        for number, path in enumerate(fonts):
            (self.folder / "home" / path).rename(self.scratch / f"fonts{number}")
        for name in PLACES:
            remove(self.folder / name)
            (self.folder / name).mkdir()
        for number, path in enumerate(fonts):
            (self.folder / "home" / path).parent.mkdir(exist_ok=True)
            (self.scratch / f"fonts{number}").rename(self.folder / "home" / path)

    def refresh(self, kept: set[str]) -> None:
        """Remove what earlier runs left in home, temporary folders and clone, except for these paths of the clone."""
        self.clear()
        for name in paths(self.root, "ls-files", "-z", "--others", ":/"):
            if not inside(name, kept) and "__pycache__" not in Path(name).parts:
                (self.root / name).unlink(missing_ok=True)
        # Folders that git knows nothing of: their files are gone by now.
        for name in paths(self.root, "ls-files", "-z", "--others", "--directory", ":/"):
            new = name.endswith("/") and not overlaps(name.rstrip("/"), kept)
            if new and "__pycache__" not in Path(name).parts:
                remove(self.root / name.rstrip("/"))

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Room]:
        """The same room with the clone in another folder of another length."""
        with moved(self.clone, self.folder / "elsewhere" / "under_another_name") as clone:
            yield replace(self, clone=clone)


def _is_real(folder: Path, inner: str) -> bool:
    """Whether a folder lies in another one, with no link on the way."""
    ways = [folder, *(folder / part for part in reversed(Path(inner).parents)), folder / inner]
    try:
        return all(way.is_dir() and not way.is_symlink() for way in ways)
    except PermissionError:  # a stage took the right to look into it
        return False
