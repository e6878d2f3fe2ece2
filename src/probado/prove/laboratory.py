"""Reruns of one stage under other circumstances: which of them change what it writes?"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from probado.evidence.proof import Experiment
from probado.files import blocks, remove
from probado.prove.circumstances import Circumstance
from probado.prove.difference import describe
from probado.prove.rerun import Bench, StageRun, reason, run_stage
from probado.prove.surroundings import transfer
from probado.repository.committed import CommittedContent

# How the result of an experiment begins that says nothing.
NOT_TRIED = "could not be tried"
# A stage that takes fewer seconds is repeated more often, before anything is said of its runs.
QUICK = 10
# An experiment may take so many times as long as the first run, and so many seconds more.
LONGER, PATIENCE = 10, 20
# The result of one that gave the committed bytes.
COMMITTED = "as committed"
# Bytes up to which a match of a pattern is found wherever it lies.
MATCH = 64
Hashes = tuple[str | None, ...]


class Unsteady(Exception):
    """A stage gave the same twice, and another time something else, although nothing was changed."""


class Laboratory:
    """Runs one stage of a room again and again. What its first run wrote is set aside, and comes back in the end."""

    def __init__(self, bench: Bench, first: StageRun, outputs: list[str]) -> None:
        limit = patience(first.outcome.seconds, bench.room.limit)
        self.bench, self.first, self.outputs = replace(bench, room=replace(bench.room, limit=limit)), first, outputs
        self.root = bench.room.root
        # The outputs of the first run.
        self.kept = bench.room.scratch / "first"
        self.experiments: list[Experiment] = []
        self.before: Hashes = tuple(first.hashes[path] for path in outputs)
        self._steady: dict[str, bool] = {}
        # Why the latest run failed.
        self._reason = ""

    @property
    def quick(self) -> bool:
        """Whether many runs take little time."""
        return self.first.outcome.seconds < QUICK

    def __enter__(self) -> Laboratory:
        transfer(self.first.hashes, self.root, self.kept)
        return self

    def __exit__(self, *_: object) -> None:
        transfer(self.first.hashes, self.kept, self.root)

    def again(self, *circumstances: Circumstance, whole: bool = False) -> Hashes | None:
        """Run the stage once more; returns the hashes of the outputs in question, None where it failed.

        Args:
            circumstances: what differs from usual.
            whole: whether it finds files that it does not declare.
        """
        self.bench.refresh()
        for path in self.first.hashes:
            remove(self.root / path)
        done = run_stage(self.bench, self.first.stage, *circumstances, whole=whole)
        self._reason = reason(done)
        return None if done.failed else tuple(done.hashes[path] for path in self.outputs)

    def note(self, what: str, result: str) -> None:
        """Keep what an experiment gave."""
        self.experiments.append(Experiment(what=what, result=result))

    def note_failed(self, what: str) -> None:
        """Keep that an experiment says nothing, because the stage failed in it."""
        self.note(what, f"{NOT_TRIED}, because it failed: {self._reason}")

    def not_tried(self) -> list[str]:
        """The experiments that say nothing, with the reason."""
        return [f"{one.what} {one.result}" for one in self.experiments if one.result.startswith(NOT_TRIED)]

    def repeat(self) -> Hashes | None:
        """Run it again unchanged; returns the hashes, None where it failed."""
        after = self.again()
        if after != self.before or not self.experiments:
            self._note_result("the same again", after)
        return after

    def steady(self, circumstance: Circumstance) -> bool:
        """Whether all runs under a circumstance give the same: a few may agree by chance. Each is tried once."""
        what = f"repeatedly with {circumstance.name} {circumstance.told(self.bench.room)}"
        if circumstance.name not in self._steady and not self._is_possible(circumstance, what):
            self._steady[circumstance.name] = False
        if circumstance.name not in self._steady:
            first = latest = self.again(circumstance)
            for _ in range(7 if self.quick else 2):
                if latest is None or latest != first:
                    break
                latest = self.again(circumstance)
            same = latest is not None and latest == first
            if latest is None:
                self.note_failed(what)
            else:
                self.note(what, "the same" if same else "not the same")
            self._steady[circumstance.name] = same
        return self._steady[circumstance.name]

    def changes(self, circumstance: Circumstance) -> bool:
        """Whether a circumstance changes what comes out: each time with it, and never without.

        Raises:
            Unsteady: it comes out otherwise without it, or not always with it.
        """
        what = f"with {circumstance.name} {circumstance.told(self.bench.room)}"
        if not self._is_possible(circumstance, what):
            return False
        after = self.again(circumstance)
        if after in (None, self.before):
            self._note_result(what, after)
            return False
        for _ in range(2 if self.quick else 1):
            if self.repeat() != self.before or self.again(circumstance) == self.before:
                raise Unsteady
        self._note_result(what, after)
        return True

    def _is_possible(self, circumstance: Circumstance, what: str) -> bool:
        """Whether a circumstance can be tried here; what cannot is noted."""
        reason = circumstance.lacks(self.bench.room.network.method)
        if circumstance.python_alone and not self.first.reads.python:
            reason = "no Python ran that the judge can watch"
        if reason:
            self.note(what, f"{NOT_TRIED}, because {reason}")
        return not reason

    def needs_files(self) -> bool:
        """Whether files that the stage does not declare change what comes out to what was committed."""
        after = self.again(whole=True)
        self._note_result("with files that it does not declare", after)
        return self.experiments[-1].result == COMMITTED

    def _note_result(self, what: str, after: Hashes | None) -> None:
        recorded = {out.path: out.recorded for out in self.first.stage.outs}
        committed = tuple(recorded[path] for path in self.outputs)
        if after is None:
            self.note_failed(what)
        else:
            self.note(what, {self.before: "the same", committed: COMMITTED}.get(after, "something else"))

    def first_and_latest(self) -> list[tuple[Path, Path]]:
        """Each output as the first run wrote it, and as the latest one did."""
        return [(self.kept / path, self.root / path) for path in self.outputs]

    def contains(self, text: bytes) -> str | None:
        """The first of the outputs, as the latest run wrote it, that contains a text."""
        return next((path for path in self.outputs if _contains(self.root / path, text)), None)

    def first_run_contains(self, text: bytes | re.Pattern[bytes]) -> str | None:
        """The first of the outputs, as the first run wrote it, that contains a text or a match of at most 64 bytes."""
        return next((path for path in self.outputs if _contains(self.kept / path, text)), None)


def _contains(path: Path, text: bytes | re.Pattern[bytes]) -> bool:
    pattern = re.compile(re.escape(text)) if isinstance(text, bytes) else text
    overlap = len(text) if isinstance(text, bytes) else MATCH
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return any(_file_contains(file, pattern, overlap) for file in files)


def _file_contains(path: Path, pattern: re.Pattern[bytes], overlap: int) -> bool:
    before = b""
    with path.open("rb") as file:
        for block in blocks(file):
            if pattern.search(before + block):
                return True
            before = block[-overlap:]
    return False


def patience(seconds: float, limit: float) -> float:
    """The limit of an experiment: a loop that waits for a clock that stands still would go on to that of a stage."""
    return min(limit, LONGER * seconds + PATIENCE)


class Difference:
    """Outputs of a stage that differ from the committed ones, with a laboratory to find out why."""

    def __init__(self, lab: Laboratory, committed: CommittedContent, drifted: list[str]) -> None:
        """`drifted` lists packages of the project's environment that are not as locked."""
        self.lab, self.committed, self.drifted = lab, committed, drifted
        outs = {out.path: out for out in lab.first.stage.outs}
        self.outs = [outs[path] for path in lab.outputs]

    @cached_property
    def contents(self) -> dict[str, Path]:
        """The committed bytes of the outputs, where they are on this machine."""
        found = {out.path: self.committed.path_of(out) for out in self.outs}
        return {path: there for path, there in found.items() if there is not None}

    @cached_property
    def lines(self) -> dict[str, list[str]]:
        """What differs in each output, in lines."""
        return {path: describe(there, self.lab.kept / path) for path, there in self.contents.items()}

    def committed_and_first(self) -> list[tuple[Path, Path]]:
        """Each output as committed, and as the first run wrote it."""
        return [(there, self.lab.kept / path) for path, there in self.contents.items()]
