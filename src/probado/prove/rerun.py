"""Run the stages of a clean room one after another; hash what each reads before and after, and what it writes."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from probado.files import can_run, remove
from probado.prove.circumstances import Circumstance, Setting, under
from probado.prove.reads import Reads, sort_reads
from probado.prove.surroundings import Surroundings, absent, find_code
from probado.repository.dvc import content_hash
from probado.repository.git import paths
from probado.repository.paths import inside, overlaps
from probado.repository.pipeline import Pipeline, Stage
from probado.room.process import Outcome
from probado.room.room import Room
from probado.room.sandbox import BUBBLEWRAP, View, home_of, is_hidden
from probado.text import last_line

# Bytes below which a disk counts as full.
FULL = 2**20


@dataclass(frozen=True)
class Bench:
    """A room with the pipeline that is rerun in it."""

    room: Room
    pipeline: Pipeline
    # Files of the repository, and those with outputs and raw data.
    committed: set[str]
    known: set[str]
    # Those, and what building the environment has left in the clone.
    present: set[str]
    # Those that no stage has to declare.
    code: set[str]
    # Committed links, and what they lead to.
    links: dict[str, Path]

    @classmethod
    def of(cls, room: Room, pipeline: Pipeline) -> Bench:
        """The bench for a room in which nothing has run yet."""
        # All of the repository, of which the project may be a folder.
        committed = paths(room.root, "ls-files", "-z", ":/")
        known = {*committed, *pipeline.paths()}
        present = known | set(paths(room.root, "ls-files", "-z", "--others", ":/"))
        links = {path: (room.root / path).readlink() for path in committed if (room.root / path).is_symlink()}
        return cls(room, pipeline, set(committed), known, present, find_code(room.root, pipeline, committed), links)

    def surroundings(self, room: Room) -> Surroundings:
        """The files of the clone, where the room has it now."""
        return Surroundings(room.root, self.pipeline, self.known, self.present, self.code)

    def refresh(self) -> None:
        """Remove what earlier runs left in home, temporary folder and clone."""
        self.room.refresh(self.present)


@dataclass
class StageRun:
    """What came of one run of a stage."""

    stage: Stage
    outcome: Outcome
    # Hash of each output, None where it is missing.
    hashes: dict[str, str | None] = field(default_factory=dict)
    reads: Reads = field(default_factory=Reads)
    # Dependencies whose bytes were others after the run than before.
    edited: list[str] = field(default_factory=list)
    # Files that were moved away, since the stage does not declare them.
    hidden: set[str] = field(default_factory=set)
    # So were files of this machine that the environment does not need.
    outside_hidden: bool = False
    # It used the network: it failed without, and may be a stage that brings data.
    online: bool = False
    # Files of others that it wrote.
    wrote: list[str] = field(default_factory=list)
    # It succeeded, and had failed before, unchanged: with this message.
    failed_once: str = ""
    # It failed for want of space, which says nothing about the project.
    disk_full: bool = False

    @property
    def failed(self) -> bool:
        """Whether it ended with an error, or left an output out."""
        return self.outcome.status != 0 or self.outcome.late or None in self.hashes.values()

    @property
    def lacks_files(self) -> bool:
        """Whether it ran without files that it does not declare."""
        return bool(self.hidden) or self.outside_hidden

    def may_want_network(self, bench: Bench) -> bool:
        """Whether it tried to use a network that was kept from it; also where nothing here can tell."""
        return self.reads.unreachable or bool(self.reads.calls) or not bench.room.network.counted


def rerun(bench: Bench, stages: Iterable[Stage], *circumstances: Circumstance) -> dict[str, StageRun]:
    """Run stages in order, and print a line for each.

    Stages that read what a failed one writes are left out. Only stages that bring raw data may use the network. A stage
    that fails without files that it does not declare runs again with them, so that all such reads are found at once,
    and once more without: it may fail on some runs only.
    """
    runs: dict[str, StageRun] = {}
    missing: set[str] = set()
    left: set[str] = set()
    for stage in stages:
        left |= bench.room.left_behind()
        bench.room.clear()
        if any(overlaps(dep, missing) for dep in stage.deps):
            missing |= {out.path for out in stage.outs}
            continue
        done = run_stage(bench, stage, *circumstances)
        if done.failed and bench.pipeline.may_bring(stage) and not done.reads.data and done.may_want_network(bench):
            unreachable = done.reads.unreachable
            done = run_stage(bench, stage, *circumstances, online=True)
            done.reads.unreachable |= unreachable
        if done.failed and done.lacks_files and not done.outcome.late:
            whole = run_stage(bench, stage, *circumstances, online=done.online, whole=True)
            if not whole.failed:
                bench.refresh()
                control = run_stage(bench, stage, *circumstances, online=done.online)
                if control.failed:
                    found = dict.fromkeys(done.reads.data + whole.reads.data)
                    whole.reads.data = list(found) or [undeclared_file(done)]
                    done = whole
                else:
                    control.failed_once = reason(done)
                    done = control
        if done.failed and not done.reads.data and not done.outcome.late:
            home = str(bench.room.folder / "home")
            kept = [path.replace(home, "~") for path in named_as_missing(done) if path in left]
            done.reads.data = [f"{path}, which an earlier stage left outside of the repository" for path in kept[:1]]
        runs[stage.name] = done
        if done.failed:
            missing |= {out.path for out in stage.outs}
        print(_summary(done), flush=True)
    return runs


def reason(run: StageRun) -> str:
    """Why a stage failed, in its own words where it has any."""
    if run.outcome.late:
        return f"it did not end within {run.outcome.seconds:.0f} s"
    if not run.outcome.status:
        return f"it wrote no {', '.join(path for path, value in run.hashes.items() if value is None)}"
    return last_line(run.outcome.output) or f"it ended with exit status {run.outcome.status}, without a message"


def missing_files(run: StageRun) -> Iterator[str]:
    """Paths that a stage named as missing, from the project's root: programs other than Python are not watched."""
    lines = [line for line in run.outcome.output.splitlines() if "o such file" in line or "ot found" in line]
    for word in re.findall(r"[\w./-]*[\w-]", " ".join(lines)):
        yield (Path(run.stage.folder) / word).as_posix()


def undeclared_file(run: StageRun) -> str:
    """The name of a file without which a stage fails, as far as its messages or its command tell it."""
    named = [path for path in asked_for(run) if inside(path, run.hidden) or path in hidden_outside(run)]
    in_clone = [f"one of {', '.join(sorted(run.hidden)[:5])}"] if run.hidden else []
    outside = ["something outside of the repository"] if run.outside_hidden else []
    return named[0] if named else ", or ".join(in_clone + outside)


def asked_for(run: StageRun) -> list[str]:
    """Paths that a stage named as missing, and the words of its command."""
    return [*named_as_missing(run), *run.stage.words()]


def named_as_missing(run: StageRun) -> list[str]:
    """Paths that a stage named as missing in its messages, or by the error that ended it."""
    return [*missing_files(run), *run.reads.absent]


def hidden_outside(run: StageRun) -> list[str]:
    """Files of this machine that a stage asked for, and that were kept from it."""
    return [path for path in asked_for(run) if run.outside_hidden and path.startswith("/") and is_hidden(Path(path))]


def _summary(done: StageRun) -> str:
    recorded = {out.path: out.recorded for out in done.stage.outs}
    same = sum(value == recorded[path] for path, value in done.hashes.items())
    result = "failed" if done.failed else f"{same} of {len(recorded)} outputs the same bytes"
    return f"  {done.stage.name:24} {result:34} {done.outcome.seconds:8.1f} s"


def run_stage(
    bench: Bench, stage: Stage, *circumstances: Circumstance, online: bool = False, whole: bool = False
) -> StageRun:
    """Run one stage as DVC would: its outputs are removed first, a shell runs each line of its command.

    Args:
        bench: the room and its pipeline.
        stage: what to run.
        circumstances: what differs from usual.
        online: whether it may use the network although it does not declare that it brings data.
        whole: whether it finds files that it does not declare, of the repository and of this machine.
    """
    hidden = [] if whole else bench.surroundings(bench.room).undeclared(stage)
    # A stage that brings data takes them from outside.
    view = View(online=stage.source or online, whole=stage.source or whole, declared=declared_outside(bench, stage))
    tracked = [path for path in bench.committed if inside(path, hidden)]
    with under(bench.room, circumstances) as setting, absent(setting.room, hidden, tracked) as wrote:
        room = setting.room
        surroundings = bench.surroundings(room)
        surroundings.clear_bytecode(stage)
        before = _hashes_of_deps(room, stage)
        for out in stage.outs:
            if not out.persist:
                remove(room.root / out.path)
        outcome = _run_commands(setting, stage, view)
        surroundings.clear_bytecode(stage)
        after = _hashes_of_deps(room, stage)
    room = bench.room
    done = StageRun(stage, outcome, hidden=set(hidden), online=online)
    done.outside_hidden = room.network.method == BUBBLEWRAP and not view.whole
    done.hashes = {out.path: content_hash(room.root, out.path, out.algorithm) for out in stage.outs}
    done.edited = [path for path in before if after[path] != before[path]]
    done.wrote = [path for path in wrote if inside(path, bench.known)]
    done.reads = sort_reads(outcome.notes, stage, room, bench.known, done.hidden)
    # The message of a full disk may be lost for the same reason.
    full = os.strerror(errno.ENOSPC) in outcome.output or shutil.disk_usage(room.folder).free < FULL
    done.disk_full = done.failed and full
    return done


def _hashes_of_deps(room: Room, stage: Stage) -> dict[str, str | None]:
    return {path: content_hash(room.root, path, algorithm) for path, (algorithm, _) in stage.deps.items()}


def declared_outside(bench: Bench, stage: Stage) -> tuple[Path, ...]:
    """Files and folders outside of the clone that a stage names: dependencies, what links lead to, programs."""
    clone, root = bench.room.clone.place, bench.room.root
    programs = [Path(word) for word in stage.words() if word.startswith("/") and can_run(Path(word))]
    found = [home if (home := home_of(path.parent)) != path.parent else path for path in programs]
    if stage.source:  # it may take a file from the folder for temporary ones, of which it has another
        found += [Path(word) for word in (*stage.words(), os.environ.get("DATA_FILE", "")) if word.startswith("/")]
    found += [root / dep for dep in stage.deps]
    found += [(root / path).parent / target for path, target in bench.links.items() if inside(path, stage.deps)]
    both = {Path(os.path.normpath(path)) for one in found for path in (one, one.resolve())}
    original = bench.room.clone.original
    # Of the original, nothing but an environment.
    allowed = [path for path in both if not path.is_relative_to(original) or (path / "pyvenv.cfg").is_file()]
    return tuple(sorted(path for path in allowed if not path.is_relative_to(clone) and path.exists()))


def _run_commands(setting: Setting, stage: Stage, view: View) -> Outcome:
    """Run the lines of a stage until one fails, each in its own shell; what one starts or writes, the next finds."""
    given = {"DVC_ROOT": str(setting.room.root), "DVC_STAGE": stage.name, **setting.variables}
    view = replace(view, options=setting.sandbox)
    several = "\n".join(f'"$0" -c {shlex.quote(line)} || exit $?' for line in stage.commands)
    text = stage.commands[0] if len(stage.commands) == 1 else several
    return setting.room.run_line(text, stage.folder, given, setting.substitute, view, setting.before)
