"""Run the stages of a clean room one after another; hash what each reads before and after, and what it writes."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlops.prove.repository import PROOF, Out, Pipeline, Step, content_hash, git, inside, inside_any
from mlops.prove.room import Outcome, Room

# What tools read for themselves: DVC, git, pip.
OF_TOOLS = ("dvc.yaml", "dvc.lock", "pyproject.toml", ".gitignore", ".dvcignore", ".gitattributes", ".env")
# Code and its settings stay where they are; all else that a stage does not declare is not there while it runs.
CODE = (
    *(".py", ".pyi", ".pyx", ".ipynb", ".sh", ".r", ".jl", ".m", ".sql", ".c", ".h", ".cpp", ".rs", ".js", ".mk"),
    *(".yaml", ".yml", ".toml", ".cfg", ".ini", ".lock", ".so", ".j2", ".jinja"),
)


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
    # Files of the commit and of other stages that were not there while it ran, since it does not declare them.
    absent: set[str] = field(default_factory=set)
    # It was let reach the network, since it failed without and may be one that brings data.
    online: bool = False
    # Files of others that it made anew.
    wrote: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    # It failed for want of room, which says nothing about the project.
    disk_full: bool = False

    @property
    def failed(self) -> bool:
        """Whether it ended with an error, or left an output out."""
        return self.outcome.status != 0 or self.outcome.late or None in self.hashes.values()


def rerun(
    context: Context, steps: Iterable[Step], method: str, tell: Callable[[StageRun], None], **given: Any
) -> dict[str, StageRun]:
    """Run stages in order; those after a failed one that read what it writes are left out.

    `method` is how the network is held off (confine.py) for all but the stages that bring raw data; `tell` is called
    with each stage as it ends; variables and substitutions for every stage are given as for `run`.
    """
    runs: dict[str, StageRun] = {}
    missing: set[str] = set()
    for step in steps:
        if any(inside(dep, missing) or dep in missing for dep in step.deps):
            missing |= {out.path for out in step.outs}
            continue
        found = run(context, step, method, **given)
        if found.failed and step.start and not found.undeclared:
            again = run(context, step, "allowed", **given)
            found = replace(again, online=True)
        runs[step.name] = found
        missing |= {path for path, value in found.hashes.items() if value is None}
        if found.failed:
            missing |= {out.path for out in step.outs}
        tell(found)
    return runs


class Context:
    """What every stage of a room is judged by: the pipeline, and the files that are known of."""

    def __init__(self, room: Room, pipeline: Pipeline) -> None:
        self.room, self.pipeline = room, pipeline
        tracked = git(room.root, "ls-files", "-z").split("\0")[:-1]
        self.known = {*tracked, *(out.path for out in pipeline.outs()), *(data.path for data in pipeline.data)}
        # Markers of empty folders and settings of tools are no data.
        self.data = sorted(
            path for path in self.known if not path.lower().endswith(CODE) and not Path(path).name.startswith(".")
        )

    def undeclared(self, step: Step) -> list[str]:
        """Data that a stage does not declare and that is there."""
        declared = {*step.deps, *step.parameters, *(out.path for out in step.outs)}
        found: set[str] = set()
        # Sorted: a folder comes before what lies in it.
        for path in self.data:
            kept = inside(path, declared) or inside_any(declared, path) or path in OF_TOOLS
            if not kept and not inside(path, found) and (self.room.root / path).exists():
                found.add(path)
        return sorted(found)


def run(
    context: Context,
    step: Step,
    method: str,
    variables: dict[str, str] | None = None,
    substitute: dict[str, Any] | None = None,
    hide: bool = True,
) -> StageRun:
    """Run one stage as DVC would: outputs removed first, each line of its command by a shell.

    Unless `hide` is false, data that it does not declare is not there while it runs.
    """
    room = context.room
    before = {path: content_hash(room.root, path, algorithm) for path, (algorithm, _) in step.deps.items()}
    for out in step.outs:
        if not out.persist:
            delete(room.root / out.path)
    given = {"DVC_ROOT": str(room.root), "DVC_STAGE": step.name, **(variables or {})}
    whole = Outcome(0, 0.0, "")
    hidden = context.undeclared(step) if hide else []
    with absent(room, hidden) as wrote:
        for command in step.commands:
            done = room.run(command, step.folder, "allowed" if step.source else method, given, substitute)
            whole.status, whole.late = done.status, done.late
            whole.seconds += done.seconds
            whole.output += done.output
            whole.notes += done.notes
            if whole.status != 0:
                break
    found = StageRun(step, whole, absent=set(hidden), wrote=wrote)
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
    declared = {*step.deps, *(out.path for out in step.outs), *step.parameters, *PROOF}
    machinery = "mlops/" if (context.room.root / "mlops" / "SHA256SUMS").is_file() else None
    for note in found.outcome.notes:
        if "call" in note:
            found.calls.append(placed(note["call"], note))
            continue
        path = source(note["read"])
        ours = machinery and (path.startswith(machinery) or note.get("by", "").startswith(machinery))
        tools = path.startswith((".git/", ".dvc/", ".venv/")) or Path(path).name in OF_TOOLS
        if ours or tools or inside(path, declared):
            continue
        if not note["there"]:
            if inside(path, found.absent):
                found.undeclared.append(placed(path, note))
            elif (context.room.project / path).is_file():
                found.untracked.append(placed(path, note))
        elif Path(path).is_absolute():
            # What brings data takes it from outside.
            if not step.source:
                found.undeclared.append(placed(path, note))
        elif inside(path, context.known) and (context.room.root / path).stat().st_size > 0:
            (found.code if path.endswith(".py") else found.undeclared).append(placed(path, note))


@contextlib.contextmanager
def absent(room: Room, paths: list[str]) -> Iterator[list[str]]:
    """Let files and folders of the clone not be there for a while; gives those that were written meanwhile."""
    away = room.folder / "absent"
    wrote: list[str] = []
    for path in paths:
        (away / path).parent.mkdir(parents=True, exist_ok=True)
        (room.root / path).rename(away / path)
    try:
        yield wrote
    finally:
        wrote += [path for path in paths if (room.root / path).is_file()]
        for path in paths:
            delete(room.root / path)
            (room.root / path).parent.mkdir(parents=True, exist_ok=True)
            (away / path).rename(room.root / path)


def overwritten(room: Room, runs: dict[str, StageRun]) -> dict[str, str]:
    """Files that are not as their stage left them, or as they were committed; and whose they are."""
    found = {
        out.path: f"an output of {name}"
        for name, ran in runs.items()
        for out in ran.step.outs
        if (value := ran.hashes[out.path]) and content_hash(room.root, out.path, out.algorithm) != value
    }
    found |= {path: f"written by {name} as well" for name, ran in runs.items() for path in ran.wrote}
    outs = {path for ran in runs.values() for path in ran.hashes}
    for line in git(room.root, "status", "--porcelain", "-z", "--untracked-files=no", "--", ".").split("\0"):
        path = line[3:].removeprefix(room.prefix)
        if line and line[1] == "M" and not inside(path, outs) and path not in PROOF:
            found[path] = "committed"
    return found


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
