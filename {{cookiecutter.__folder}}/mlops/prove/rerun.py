"""Run the stages of a clean room one after another; hash what each reads before and after, and what it writes."""

from __future__ import annotations

import ast
import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.prove.repository import PROOF, Pipeline, Step, content_hash, git, inside, overlaps
from mlops.prove.room import Outcome, Room, redacted, remove
from mlops.stage import THREAD_VARIABLES
from mlops.tracking import CONFIG

# What tools read for themselves: DVC, git, pip.
OF_TOOLS = ("dvc.yaml", "dvc.lock", "pyproject.toml", ".gitignore", ".dvcignore", ".gitattributes", ".env")
# Code and its settings stay where they are; all else that a stage does not declare is not there while it runs.
CODE = (
    *(".py", ".pyi", ".pyx", ".ipynb", ".sh", ".r", ".jl", ".m", ".sql", ".c", ".h", ".cpp", ".rs", ".js", ".mk"),
    *(".yaml", ".yml", ".toml", ".cfg", ".ini", ".lock", ".so", ".j2", ".jinja"),
)
# What trackers of runs write, for people.
RECORDS = ("mlruns/", "mlartifacts/", "mlflow.db", "wandb/", "outputs/", "multirun/")


@dataclass(frozen=True)
class Factor:
    """Something that a result must not hang on, another value of it, and the cause that it is where one does."""

    name: str
    value: str
    cause: str
    variables: dict[str, str] = field(default_factory=dict)
    substitute: dict[str, Any] = field(default_factory=dict)
    elsewhere: bool = False


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


def rerun(context: Context, steps: Iterable[Step], *factors: Factor) -> dict[str, StageRun]:
    """Run stages in order, under these factors, and tell of each.

    Those that read what a failed one writes are left out. The network is held off but for those that bring raw data.
    """
    runs: dict[str, StageRun] = {}
    missing: set[str] = set()
    for step in steps:
        if any(overlaps(dep, missing) for dep in step.deps):
            missing |= {out.path for out in step.outs}
            continue
        found = run(context, step, *factors)
        if found.failed and context.pipeline.may_bring(step) and not found.undeclared:
            found = run(context, step, *factors, online=True)
        runs[step.name] = found
        if found.failed:
            missing |= {out.path for out in step.outs}
        tell(found)
    return runs


def tell(found: StageRun) -> None:
    """One line per stage as it ends."""
    recorded = {out.path: out.recorded for out in found.step.outs}
    same = sum(value == recorded[path] for path, value in found.hashes.items())
    result = "failed" if found.failed else f"{same} of {len(recorded)} outputs the same bytes"
    print(f"  {found.step.name:24} {result:34} {found.outcome.seconds:8.1f} s", flush=True)


class Context:
    """What every stage of a room is judged by: the pipeline, and the files that are known of."""

    def __init__(self, room: Room, pipeline: Pipeline) -> None:
        self.room, self.pipeline = room, pipeline
        tracked = git(room.root, "ls-files", "-z").split("\0")[:-1]
        self.known = {*tracked, *pipeline.paths()}
        # Markers of empty folders and settings of tools are no data.
        self.data = sorted(
            path for path in self.known if not path.lower().endswith(CODE) and not Path(path).name.startswith(".")
        )

    def undeclared(self, step: Step) -> list[str]:
        """Data that a stage does not declare and that is there."""
        root = self.room.root.resolve()
        # A link stands for what it leads to.
        targets = [(root / dep).resolve() for dep in step.deps if (root / dep).is_symlink()]
        led_to = [path.relative_to(root).as_posix() for path in targets if path.is_relative_to(root)]
        declared = {*step.deps, *led_to, *step.parameters, *(out.path for out in step.outs)}
        found: set[str] = set()
        # Sorted: a folder comes before what lies in it.
        for path in sorted([*self.data, *self.left()]):
            kept = overlaps(path, declared) or path in OF_TOOLS
            if not kept and not inside(path, found) and (self.room.root / path).exists():
                found.add(path)
        return sorted(found)

    def left(self) -> list[str]:
        """Data that earlier stages wrote and nobody declares; records of runs, caches and bytecode are none."""
        others = git(self.room.root, "ls-files", "-z", "--others").split("\0")[:-1]
        return [
            path
            for path in others
            if not path.lower().endswith((*CODE, ".pyc"))
            and not inside(path, self.known)
            and not path.startswith(RECORDS)
            and not any(part.startswith(".") for part in Path(path).parts)
        ]

    def clear_bytecode(self, step: Step) -> None:
        """Remove what Python kept for itself in folders that the stage reads."""
        for dep in step.deps:
            # What another stage wrote is left as it is, and what was committed.
            if not overlaps(dep, self.pipeline.paths()):
                for folder in list((self.room.root / dep).rglob("__pycache__")):
                    if not overlaps(folder.relative_to(self.room.root).as_posix(), self.known):
                        remove(folder)


def run(context: Context, step: Step, *factors: Factor, online: bool = False, hide: bool = True) -> StageRun:
    """Run one stage as DVC would: outputs removed first, each line of its command by a shell.

    Unless `hide` is false, data that it does not declare is not there while it runs.
    """
    room = context.room
    hidden = context.undeclared(step) if hide else []
    whole = Outcome(0, 0.0, "")
    context.clear_bytecode(step)
    with under(room, factors) as (variables, substitute), absent(room, hidden) as wrote:
        before = {path: content_hash(room.root, path, algorithm) for path, (algorithm, _) in step.deps.items()}
        for out in step.outs:
            if not out.persist:
                remove(room.root / out.path)
        given = {"DVC_ROOT": str(room.root), "DVC_STAGE": step.name, **variables}
        for command in step.commands:
            done = room.run(command, step.folder, given, substitute, online=step.source or online)
            whole.status, whole.late = done.status, done.late
            whole.seconds += done.seconds
            whole.output += done.output
            whole.notes += done.notes
            if whole.status != 0:
                break
        context.clear_bytecode(step)
        after = {path: content_hash(room.root, path, algorithm) for path, (algorithm, _) in step.deps.items()}
    own = [path for path in wrote if inside(path, context.known)]
    found = StageRun(step, whole, absent=set(hidden), online=online, wrote=own)
    found.edited = [path for path in before if after[path] != before[path]]
    found.hashes = {out.path: content_hash(room.root, out.path, out.algorithm) for out in step.outs}
    sort_notes(found, context)
    # What it said may be lost with the rest.
    full = os.strerror(errno.ENOSPC) in whole.output or shutil.disk_usage(room.folder).free < 2**20
    found.disk_full = found.failed and full
    return found


@contextlib.contextmanager
def under(room: Room, factors: Iterable[Factor]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Let the room be as these factors say for a while; gives variables and substitutions for its commands.

    The runner of this template's projects fixes variables by itself: MLOPS_INSTEAD tells it what to fix instead.
    """
    factors = list(factors)
    variables = {name: value for factor in factors for name, value in factor.variables.items()}
    substitute = {name: value for factor in factors for name, value in factor.substitute.items()}
    elsewhere = any(factor.elsewhere for factor in factors)
    config, number = room.root / CONFIG, variables.get(THREAD_VARIABLES[0])
    text = config.read_bytes() if number and config.is_file() else None
    if text is not None:
        config.write_bytes(re.sub(rb"(?m)^(threads\s*:\s*)\d+", rf"\g<1>{number}".encode(), text))
    if variables:
        variables["MLOPS_INSTEAD"] = json.dumps(variables)
    if elsewhere:
        room.move("elsewhere/under_another_name")
    try:
        yield variables, substitute
    finally:
        if elsewhere:
            room.move("clone")
        if text is not None:
            config.write_bytes(text)


def sort_notes(found: StageRun, context: Context) -> None:
    """Tell the reads that matter from those of tools, of the machinery, and of what is declared."""
    step = found.step
    declared = {*step.deps, *(out.path for out in step.outs), *step.parameters, *PROOF}
    machinery = "mlops/" if (context.room.root / "mlops" / "SHA256SUMS").is_file() else None
    for note in found.outcome.notes:
        if "call" in note:
            found.calls.append(placed(note["call"], note))
            continue
        # Bytecode stands for its code, which is read where there is none.
        path = re.sub(r"__pycache__/([^/.]+)\.[^/]+\.pyc$", r"\1.py", note["read"])
        if path != note["read"] and not note["there"]:
            continue
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
        elif inside(path, context.known) and not is_empty(context.room.root / path):
            (found.code if path.endswith(".py") else found.undeclared).append(placed(path, note))


def is_empty(path: Path) -> bool:
    """Whether a file is there and holds nothing, or of Python a docstring alone."""
    if path.suffix != ".py":
        return path.is_file() and path.stat().st_size == 0
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in body)


@contextlib.contextmanager
def absent(room: Room, paths: list[str]) -> Iterator[list[str]]:
    """Let files and folders of the clone not be there for a while; gives those that were written meanwhile."""
    wrote: list[str] = []
    transfer(paths, room.root, room.folder / "absent")
    try:
        yield wrote
    finally:
        wrote += [path for path in paths if (room.root / path).is_file()]
        transfer(paths, room.folder / "absent", room.root)


def transfer(paths: Iterable[str], source: Path, target: Path) -> None:
    """Move what is there of these files and folders from one root to another, in place of what lies there."""
    for path in paths:
        remove(target / path)
        if os.path.lexists(source / path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).rename(target / path)


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
    for path in git(room.root, "diff", "--name-only", "-z", "--relative", "--diff-filter=M").split("\0")[:-1]:
        if not inside(path, outs) and path not in PROOF:
            found[path] = "committed"
    return found


def placed(what: str, note: dict[str, Any]) -> str:
    """A file or address with the line that asks for it, for the evidence."""
    return redacted(f"{what} ({note['by']})" if "by" in note else what)
