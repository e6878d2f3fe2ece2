"""Which reads and calls of a stage matter: what it uses without declaring it, what is not committed."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probado.contract import PROOF_FILES, READ_BY_RUNNER, RUNNER, has_runner
from probado.prove.surroundings import is_of_tools
from probado.repository.paths import inside
from probado.repository.pipeline import Stage
from probado.room.room import Room
from probado.room.sandbox import is_hidden
from probado.room.variables import redacted

OWN_SETTINGS = "pyproject.toml"
BYTECODE = re.compile(r"__pycache__/([^/.]+)\.[^/]+\.pyc$")


@dataclass
class Reads:
    """What a stage used beside what it declares, each as "path (file:line)"."""

    data: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    # Files that stand in the project and not in its commit.
    untracked: list[str] = field(default_factory=list)
    # All files of the repository that it read.
    used: set[str] = field(default_factory=set)
    # Addresses that it tried to reach, and whether any program of it tried to leave a network that leads nowhere.
    calls: list[str] = field(default_factory=list)
    unreachable: bool = False
    # Python ran, which is watched; other programs are not.
    python: bool = False
    # Programs and modules that were not found, and the file whose absence ended a program.
    missing: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def sort_reads(
    notes: list[dict[str, Any]], stage: Stage, room: Room, known: Collection[str], hidden: Collection[str]
) -> Reads:
    """Sort what the watch noted while a stage ran.

    Args:
        notes: as room/watch/sitecustomize.py writes them.
        stage: the stage, with what it declares.
        room: where it ran.
        known: committed files, outputs and raw data.
        hidden: data that were moved away while it ran.
    """
    declared = {*stage.deps, *(out.path for out in stage.outs), *stage.parameters, *PROOF_FILES}
    runner = has_runner(room.root)
    reads = Reads()
    for note in notes:
        if "call" in note:
            reads.calls.append(_with_place(note["call"], note))
        reads.python = reads.python or "python" in note
        reads.missing += [note["missing"]] if "missing" in note else []
        reads.absent += [note["absent"]] if "absent" in note else []
        reads.unreachable = reads.unreachable or "unreachable" in note
        if "read" not in note:
            continue
        # Bytecode stands for its code; Python reads the code where there is none.
        read = _from_root(note["read"], room)
        path = BYTECODE.sub(r"\1.py", read)
        if path != read and not note["there"]:
            continue
        # Projects keep settings of their own beside those of tools.
        own = Path(path).name == OWN_SETTINGS and "by" in note and "library" not in note
        if is_of_tools(path) and not own:
            continue
        if note["there"] and not Path(path).is_absolute():
            reads.used.add(path)
        if inside(path, declared) or (runner and _is_of_runner(path, note)):
            continue
        place = _with_place(path, note)
        if not note["there"]:
            if inside(path, hidden) or (Path(path).is_absolute() and is_hidden(Path(path))):
                reads.data.append(place)
            elif (there := room.project / path).is_relative_to(room.project) and there.is_file():
                reads.untracked.append(place)
        elif Path(path).is_absolute():
            # A stage that brings data takes them from outside.
            if not stage.source:
                reads.data.append(place)
        elif inside(path, known) and not _is_empty(room.root / path):
            (reads.code if path.endswith(".py") else reads.data).append(place)
    return reads


def _from_root(path: str, room: Room) -> str:
    """A path from the project's root, where it is in the repository; as it is elsewhere."""
    return os.path.relpath(path, room.root) if Path(path).is_relative_to(room.clone.place) else path


def _is_of_runner(path: str, note: dict[str, Any]) -> bool:
    """Whether the stage runner reads its own code, or settings for its records."""
    return path.startswith(RUNNER) or (note.get("by", "").startswith(RUNNER) and path.startswith(READ_BY_RUNNER))


def _is_empty(path: Path) -> bool:
    """Whether a file is there and empty, or a Python file with nothing but a docstring."""
    if path.suffix != ".py":
        return path.is_file() and path.stat().st_size == 0
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in body)


def _with_place(what: str, note: dict[str, Any]) -> str:
    """A file or address with the line that asks for it, without secrets."""
    return redacted(f"{what} ({note['by']})" if "by" in note else what)
