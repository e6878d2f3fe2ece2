"""Run the stages of a clean room one after another; hash what each reads before and after, and what it writes."""

from __future__ import annotations

import errno
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.prove.repository import PROOF, Out, Pipeline, Step, content_hash, git, inside
from mlops.prove.room import Outcome, Room

# What tools read for themselves: DVC, git, pip.
OF_TOOLS = ("dvc.yaml", "dvc.lock", "pyproject.toml")


@dataclass
class StageRun:
    """What came of one stage."""

    step: Step
    outcome: Outcome
    hashes: dict[str, str | None] = field(default_factory=dict)
    # Dependencies whose bytes were others after the stage than before.
    edited: list[str] = field(default_factory=list)
    # Files read without being declared, as "path (file:line)": anything but code, then code.
    undeclared: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    # Files asked for that stand in the project and not in its commit.
    untracked: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    # It failed for want of room, which says nothing about the project.
    disk_full: bool = False

    @property
    def failed(self) -> bool:
        """Whether it ended with an error, or left an output out."""
        return self.outcome.status != 0 or self.outcome.late or None in self.hashes.values()


def rerun(
    room: Room, pipeline: Pipeline, steps: Iterable[Step], method: str, tell: Callable[[StageRun], None], **given: Any
) -> dict[str, StageRun]:
    """Run stages in order; those after a failed one that read what it writes are left out.

    `method` is how the network is held off (confine.py) for all but the stages that bring raw data; `tell` is called
    with each stage as it ends; variables and substitutions for every stage are given as for `run`.
    """
    runs: dict[str, StageRun] = {}
    missing: set[str] = set()
    context = Context(room, pipeline)
    for step in steps:
        if any(inside(dep, missing) or dep in missing for dep in step.deps):
            missing |= {out.path for out in step.outs}
            continue
        found = runs[step.name] = run(context, step, method, **given)
        missing |= {path for path, value in found.hashes.items() if value is None}
        if found.failed:
            missing |= {out.path for out in step.outs}
        tell(found)
    return runs


class Context:
    """What every stage of a room is judged by: the files that are tracked, parameters, outputs."""

    def __init__(self, room: Room, pipeline: Pipeline) -> None:
        self.room = room
        self.parameters = frozenset().union(*(step.parameters for step in pipeline.steps))
        tracked = git(room.root, "ls-files", "-z").split("\0")
        self.known = {*tracked, *(out.path for out in pipeline.outs()), *(data.path for data in pipeline.data)}


def run(
    context: Context,
    step: Step,
    method: str,
    variables: dict[str, str] | None = None,
    substitute: dict[str, Any] | None = None,
) -> StageRun:
    """Run one stage as DVC would: outputs removed first, each line of its command by a shell."""
    room = context.room
    before = {path: content_hash(room.root, path, algorithm) for path, (algorithm, _) in step.deps.items()}
    for out in step.outs:
        if not out.persist:
            delete(room.root / out.path)
    given = {"DVC_ROOT": str(room.root), "DVC_STAGE": step.address, **(variables or {})}
    whole = Outcome(0, 0.0, "")
    for command in step.commands:
        done = room.run(command, step.folder, "allowed" if step.source else method, given, substitute)
        whole.status, whole.late = done.status, done.late
        whole.seconds += done.seconds
        whole.output += done.output
        whole.notes += done.notes
        if whole.status != 0:
            break
    found = StageRun(step, whole)
    found.edited = [
        path for path, (algorithm, _) in step.deps.items() if content_hash(room.root, path, algorithm) != before[path]
    ]
    found.hashes = {out.path: content_hash(room.root, out.path, out.algorithm) for out in step.outs}
    sort_notes(found, context)
    # What it said may be lost with the rest.
    full = os.strerror(errno.ENOSPC) in whole.output or shutil.disk_usage(room.folder).free < 2**20
    found.disk_full = found.failed and full
    return found


def sort_notes(found: StageRun, context: Context) -> None:
    """Tell the reads that matter from those of tools, of the machinery, and of what is declared."""
    step = found.step
    declared = {*step.deps, *(out.path for out in step.outs), *context.parameters, *PROOF}
    for note in found.outcome.notes:
        if "call" in note:
            found.calls.append(placed(note["call"], note))
            continue
        path = source(note["read"])
        ours = path.startswith((".", "mlops/")) or note.get("by", "").startswith("mlops/")
        if ours or Path(path).name in OF_TOOLS or inside(path, declared):
            continue
        if not note["there"]:
            if (context.room.project / path).is_file():
                found.untracked.append(placed(path, note))
        elif Path(path).is_absolute():
            found.undeclared.append(placed(path, note))
        elif inside(path, context.known) and (context.room.root / path).stat().st_size > 0:
            (found.code if path.endswith(".py") else found.undeclared).append(placed(path, note))


def placed(what: str, note: dict[str, Any]) -> str:
    """A file or address with the line that asks for it."""
    return f"{what} ({note['by']})" if "by" in note else what


def source(path: str) -> str:
    """The code that a file of bytecode was made of; any other path as it is."""
    return importlib.util.source_from_cache(path) if path.endswith(".pyc") and "__pycache__" in path else path


def start_clean(room: Room, outs: Iterable[Out]) -> None:
    """Remove every output of a stage from the clone: small ones are in git."""
    for out in outs:
        delete(room.root / out.path)


def delete(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
