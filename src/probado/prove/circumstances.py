"""Circumstances that a result must not depend on, and a room in which they are changed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from probado.contract import CONFIG, INSTEAD, THREAD_VARIABLES
from probado.room.room import Room
from probado.room.sandbox import BUBBLEWRAP


@dataclass(frozen=True)
class Circumstance:
    """Another value of something that results must not depend on."""

    name: str
    value: str
    variables: dict[str, str] = field(default_factory=dict)
    # What the watch substitutes, see room/watch/proof_substitutes.py.
    substitute: dict[str, Any] = field(default_factory=dict)
    # The clone lies in another folder.
    elsewhere: bool = False
    # A program that starts the stage's shell, with its arguments.
    before: tuple[str, ...] = ()
    # Further options of bubblewrap.
    sandbox: tuple[str, ...] = ()
    # Nothing but Python's interpreters is put under it.
    python_alone: bool = False
    # Seconds since 1970 at which all files of the clone were last changed.
    changed: int | None = None

    def told(self, room: Room) -> str:
        """Its value, with what it does not reach in this room."""
        if self.python_alone:
            return f"{self.value} (for Python alone)"
        return f"{self.value} (without libfaketime)" if "clock" in self.substitute and not room.clock else self.value

    def lacks(self, method: str) -> str | None:
        """Why it cannot be tried on this machine, None if it can; `method` is that of the room (room/sandbox.py)."""
        if self.sandbox and method != BUBBLEWRAP:
            return "bubblewrap does not work here"
        if self.before and not shutil.which(self.before[0]):
            return f"{self.before[0]} is not installed here"
        return None


@dataclass(frozen=True)
class Setting:
    """A room under circumstances, with the variables and substitutions for its commands."""

    room: Room
    variables: dict[str, str]
    substitute: dict[str, Any]
    before: tuple[str, ...] = ()
    sandbox: tuple[str, ...] = ()


@contextlib.contextmanager
def under(room: Room, circumstances: Sequence[Circumstance]) -> Iterator[Setting]:
    """Put a room under circumstances for a while."""
    variables = {name: value for one in circumstances for name, value in one.variables.items()}
    substitute = {name: value for one in circumstances for name, value in one.substitute.items()}
    with contextlib.ExitStack() as undone:
        if threads := variables.get(THREAD_VARIABLES[0]):
            undone.enter_context(_configured_threads(room, threads))
        if variables:
            # The runner of this template's projects fixes variables by itself. The time of its documents stays.
            variables[INSTEAD] = json.dumps({name: value for name, value in variables.items() if name != DOCUMENTS})
        if any(one.elsewhere for one in circumstances):
            room = undone.enter_context(room.elsewhere())
        for time in (one.changed for one in circumstances if one.changed is not None):
            undone.enter_context(_changed_at(room, time))
        before = tuple(part for one in circumstances for part in one.before)
        sandbox = tuple(part for one in circumstances for part in one.sandbox)
        yield Setting(room, variables, substitute, before, sandbox)


@contextlib.contextmanager
def _changed_at(room: Room, time: int) -> Iterator[None]:
    """Let all files of the clone seem to be of another time for a while."""
    git_folder = room.clone.place / ".git"
    files = [path for path in room.clone.place.rglob("*") if not path.is_relative_to(git_folder) and path.is_file()]
    before = {path: path.stat() for path in files}
    for path in files:
        os.utime(path, (time, time))
    try:
        yield
    finally:
        for path, was in before.items():
            if path.is_file() and path.stat().st_mtime == time:
                os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


@contextlib.contextmanager
def _configured_threads(room: Room, threads: str) -> Iterator[None]:
    """Let the configuration name another number of threads for a while."""
    config = room.root / CONFIG
    before = config.read_bytes() if config.is_file() else None
    if before is not None:
        config.write_bytes(re.sub(rb"(?m)^(threads\s*:\s*)\d+", rb"\g<1>" + threads.encode(), before))
    try:
        yield
    finally:
        if before is not None:
            config.write_bytes(before)


# A day on which no run takes place, so that it can be searched for in outputs.
ANOTHER_DAY = 1_923_445_678
# Programs that write documents take the time from it. It is fixed like a clock, which hides a date that they write.
DOCUMENTS = "SOURCE_DATE_EPOCH"
CLOCK = Circumstance("clock", "14 December 2030", {DOCUMENTS: str(ANOTHER_DAY)}, {"clock": ANOTHER_DAY})
# Programs that are not Python see one processor by this.
ONE_PROCESSOR = ("taskset", "-c", str(min(os.sched_getaffinity(0)))) if shutil.which("taskset") else ()
ONE_THREAD = Circumstance(
    "threads",
    "1",
    dict.fromkeys((*THREAD_VARIABLES, "POLARS_MAX_THREADS"), "1"),
    substitute={"threads": 1},
    before=ONE_PROCESSOR,
)
