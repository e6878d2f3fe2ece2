"""Why a stage gave something else than was committed: by what was seen, else by experiment."""

from __future__ import annotations

import os
import re
from pathlib import Path

import yaml

from mlops.prove.difference import describe, same_drawing
from mlops.prove.proof import Cause, Experiment
from mlops.prove.repository import Committed, Pipeline, content_hash, inside, overlaps
from mlops.prove.rerun import CODE, Context, Factor, StageRun, run, transfer
from mlops.prove.room import last_line, remove
from mlops.stage import THREAD_VARIABLES

KNOWN = yaml.safe_load(Path(__file__).with_name("causes.yaml").read_text(encoding="utf-8"))
# What a program says that could not bring data.
NOT_HAD = re.compile(
    r"resolve|connect|network|timed? ?out|https?\b|url|no such file|not found|denied|unreachable", re.IGNORECASE
)
# What stands in the place of a file that Git LFS keeps.
LFS = b"version https://git-lfs.github.com/spec/"
# A day that no run takes place on, which can be looked for in an output.
ANOTHER_DAY = 1_923_445_678
ITS_SIGNS = (b"2030-12-14", b"1923445678", b"14/12/2030", b"12/14/2030", b"20301214", b"Dec 14")


HASH_SEED = Factor("hash seed", "4711", "hash-seed", {"PYTHONHASHSEED": "4711"})
FOLDER = Factor("folder", "another one", "path", elsewhere=True)
ORDER = Factor("order of folders", "backwards", "folder-order", substitute={"folders": True})
ZONE = Factor("time zone", "Asia/Kolkata", "time-zone", {"TZ": "Asia/Kolkata"})
LOCALE = Factor("locale", "C", "locale", {"LC_ALL": "C", "LANG": "C"})
CLOCK = Factor("clock", "14 December 2030", "clock-written", substitute={"clock": ANOTHER_DAY})
ONE_THREAD = Factor("threads", "1", "thread-count", dict.fromkeys(THREAD_VARIABLES, "1"), substitute={"threads": 1})
CHANCE = Factor("source of chance", "known", "unseeded", substitute={"chance": 1})
# What a run in another place differs by; threads are a matter of their own, since they may change sums.
PLACE = (FOLDER, HASH_SEED, ZONE, LOCALE, ORDER)


def cause(name: str, stage: str, detail: str, experiments: list[Experiment] | None = None) -> Cause:
    """A cause of the table, with what was seen of it here."""
    return Cause(stage=stage, cause=name, detail=detail, experiments=experiments or [], **KNOWN[name])


def of_lock(pipeline: Pipeline, root: Path) -> Cause | None:
    """Whether dvc.lock is not that of the commit, before anything runs; `root` is a fresh clone."""
    kept = {data.path: data.recorded for data in pipeline.data}
    others = pipeline.paths()
    for step in (step for step in pipeline.steps if step.recorded):
        for path, (algorithm, recorded) in step.deps.items():
            if is_pointer(root / path):
                return cause("source", step.name, f"{path} is a pointer of Git LFS: git lfs pull")
            there = kept.get(path) if overlaps(path, others) else content_hash(root, path, algorithm)
            if there not in (None, recorded):
                return cause("stale-lock", step.name, f"{path} is not the one that dvc.lock names")
        if step.stale:
            return cause("stale-lock", step.name, f"{', '.join(step.stale)} changed")
        for out in step.outs:
            there = None if out.cached else content_hash(root, out.path, out.algorithm)
            if there not in (None, out.recorded):
                return cause("edited-lock", step.name, f"{out.path} is committed with other bytes than dvc.lock says")
    return None


def is_pointer(path: Path) -> bool:
    """Whether a file is there, and a pointer of Git LFS instead of what it names."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(LFS)) == LFS


def of_hashes(pipeline: Pipeline, runs: dict[str, StageRun]) -> Cause | None:
    """Whether dvc.lock has two hashes for one file, as one stage writes it and another reads it, after all have run."""
    made = {out.path: out for out in pipeline.outs()}
    for name in runs:
        for path, (_, recorded) in runs[name].step.deps.items():
            if path in made and made[path].stage in runs and recorded != made[path].recorded:
                writer = runs[made[path].stage]
                guilty = name if writer.hashes[path] == made[path].recorded else made[path].stage
                return cause("edited-lock", guilty, f"{path}: {made[path].stage} writes another hash than {name} reads")
    return None


def of_failure(context: Context, found: StageRun) -> Cause:
    """Why a stage failed, by what it asked for and what it said, and whether it goes well with the network."""
    project, limit = context.room.project, context.room.limit
    said = last_line(found.outcome.output)
    name = found.step.name
    if found.untracked:
        return cause("untracked-file", name, found.untracked[0])
    # A program that is not Python tells the name of the file that it misses.
    missed = [line for line in found.outcome.output.splitlines() if "o such file" in line or "ot found" in line]
    for word in re.findall(r"[\w./-]*[\w-]", " ".join(missed)):
        inner = (Path(found.step.folder) / word).as_posix()
        if not word.startswith("/") and inside(inner, found.absent):
            return cause("undeclared-read", name, f"{inner}: {said}")
        if not word.startswith("/") and (project / inner).is_file() and not inside(inner, context.known):
            return cause("untracked-file", name, f"{inner}: {said}")
    if found.disk_full:
        return cause("disk", name, said)
    if found.outcome.late:
        return cause("hang", name, f"stopped after {limit / 60:g} minutes")
    if found.step.source or (found.online and (found.calls or NOT_HAD.search(said))):
        return cause("source", name, said)
    if found.calls and not found.online:
        return cause("network", name, ", ".join(found.calls[:3]))
    if found.absent and not run(context, found.step, hide=False).failed:
        return cause("undeclared-read", name, f"it goes well where {', '.join(sorted(found.absent)[:5])} are there")
    if not found.online and found.outcome.status and not run(context, found.step, online=True).failed:
        return cause("network", name, f"with the network it goes well; without: {said}")
    if (yours := of_caller(context)) and not run(context, found.step, yours).failed:
        return cause("variable", name, f"with {yours.value} as here it goes well; without: {said}")
    missing = [path for path, value in found.hashes.items() if value is None]
    return cause("error", name, said if found.outcome.status else f"it wrote no {', '.join(missing)}")


def of_caller(context: Context) -> Factor | None:
    """The caller's variables that the project's code names and the room leaves out; their values are never kept."""
    code = [context.room.root / path for path in context.known if path.endswith(CODE) and not path.startswith("mlops/")]
    words = {word for path in code if path.is_file() for word in re.findall(rb"\w+", path.read_bytes())}
    left_out = os.environ.keys() - context.room.variables(True).keys()
    own = ("MLFLOW_", "DVC_", "MLOPS_", "PYTHON")
    names = sorted(name for name in left_out if name.encode() in words and not name.startswith(own))
    if not names:
        return None
    return Factor("variables", ", ".join(names), "variable", {name: os.environ[name] for name in names})


class Laboratory:
    """Runs one stage of a room again and again under other circumstances; what the first run wrote comes back after."""

    def __init__(self, context: Context, first: StageRun, paths: list[str]) -> None:
        self.context, self.first, self.paths = context, first, paths
        self.room = context.room
        self.kept = self.room.folder / "scratch" / "first"
        self.experiments: list[Experiment] = []
        self.before = tuple(first.hashes[path] for path in paths)

    def __enter__(self) -> Laboratory:
        transfer(self.first.hashes, self.room.root, self.kept)
        return self

    def __exit__(self, *_: object) -> None:
        transfer(self.first.hashes, self.kept, self.room.root)

    def again(self, *factors: Factor) -> tuple[str | None, ...] | None:
        """The hashes of the outputs in question after another run; None where it failed."""
        self.room.refresh(self.context.known)
        for path in self.first.hashes:
            remove(self.room.root / path)
        found = run(self.context, self.first.step, *factors)
        return None if found.failed else tuple(found.hashes[path] for path in self.paths)

    def note(self, what: str, result: str) -> None:
        """Keep what an experiment gave."""
        self.experiments.append(Experiment(what=what, result=result))

    def repeat(self) -> tuple[str | None, ...] | None:
        """Run it just so once more: does it give the same?"""
        after = self.again()
        self.note("the same again", {None: "failed", self.before: "the same"}.get(after, "something else"))
        return after

    def still(self, factor: Factor) -> bool:
        """Whether two runs under a factor give the same."""
        one, other = self.again(factor), self.again(factor)
        same = one is not None and one == other
        told = "the same" if same else "failed" if None in (one, other) else "not the same"
        self.note(f"twice with {factor.name} {factor.value}", told)
        return same

    def changes(self, factor: Factor) -> bool:
        """Whether a factor changes what comes out."""
        after = self.again(factor)
        committed = tuple(next(out.recorded for out in self.first.step.outs if out.path == path) for path in self.paths)
        told = {None: "failed", self.before: "the same", committed: "as committed"}.get(after, "something else")
        self.note(f"with {factor.name} {factor.value}", told)
        return after not in (None, self.before)


def of_difference(
    context: Context, first: StageRun, paths: list[str], committed: Committed, drifted: list[str]
) -> tuple[Cause, dict[str, list[str]]]:
    """Why a stage gave other outputs, by experiments on it.

    `paths` are the outputs in question, `drifted` the packages of the project's environment that are not as locked.

    Returns:
        The cause, and what differs in each output, in lines.
    """
    outs = {out.path: out for out in first.step.outs}
    contents = {path: committed.content(outs[path]) for path in paths}
    with Laboratory(context, first, paths) as lab:
        lines = {path: describe(there, lab.kept / path) for path, there in contents.items() if there is not None}
        name, detail = by_experiment(lab, contents, lines)
    if not name:
        made_here = tuple(content_hash(context.room.project, path, outs[path].algorithm) for path in paths)
        if first.calls:
            name, detail = "network", ", ".join(first.calls[:3])
        elif drifted:
            name, detail = "environment", ", ".join(drifted[:3])
        elif any(contents.values()):
            name = "edited-raw-data" if first.step.source or first.online else "unknown"
        elif made_here == lab.before:
            name, detail = "edited-lock", f"nothing here has the bytes that dvc.lock names of {paths[0]}"
        else:
            name, detail = "unknown", f"the committed bytes of {paths[0]} are not here to compare with: dvc pull"
    told = "; ".join(f"{path}: {line}" for path, found in lines.items() for line in found[:1])
    return cause(name, first.step.name, detail or told, lab.experiments), lines


def by_experiment(lab: Laboratory, contents: dict[str, Path | None], lines: dict[str, list[str]]) -> tuple[str, str]:
    """The cause by what the outputs look like and by what other circumstances change, and its detail; else empty."""
    if holding := [path for path in lab.paths if holds_text(lab.kept / path, str(lab.room.root).encode())]:
        return "path", f"{holding[0]} holds the path of the clone"
    if lab.repeat() not in (None, lab.before):
        for path in lab.paths:
            lines.setdefault(path, describe(lab.kept / path, lab.room.root / path))
        return of_variation(lab), ""
    if any(found and "gzip header alone" in found[0] for found in lines.values()):
        return "gzip-time", ""
    if any(there and drawing(there, lab.kept / path) for path, there in contents.items()):
        return "svg-ids", ""
    for factor in (HASH_SEED, ONE_THREAD, FOLDER, ORDER, CLOCK, ZONE, LOCALE):
        if lab.changes(factor):
            return factor.cause, ""
    yours = of_caller(lab.context)
    return (yours.cause, yours.value) if yours and lab.changes(yours) else ("", "")


def of_elsewhere(context: Context, first: StageRun, paths: list[str]) -> Cause | None:
    """Why a stage whose outputs may differ elsewhere gives something else on every run here; None where it does not."""
    with Laboratory(context, first, paths) as lab:
        after = lab.repeat()
        if after == lab.before:
            return None
        name = "error" if after is None else of_variation(lab)
    return cause(name, first.step.name, ", ".join(paths), lab.experiments)


def of_variation(lab: Laboratory) -> str:
    """Which cause makes a stage give something else on every run."""
    pairs = [(lab.kept / path, lab.room.root / path) for path in lab.paths]
    if any(line.startswith("the same content; the gzip") for pair in pairs for line in in_all(*pair)):
        return "gzip-time"
    if any(drawing(*pair) for pair in pairs):
        return "svg-ids"
    if lab.still(CLOCK):
        written = any(holds_text(lab.room.root / path, sign) for path in lab.paths for sign in ITS_SIGNS)
        return "clock-written" if written else "clock-seed"
    if lab.still(ONE_THREAD):
        return "thread-order"
    if lab.still(CHANCE):
        return "unseeded"
    return "varies"


def in_all(one: Path, other: Path) -> list[str]:
    """What differs, file by file, without the names of files."""
    if not one.is_dir():
        return describe(one, other)
    names = [file.relative_to(one) for file in sorted(one.rglob("*")) if file.is_file()]
    return [line for name in names if (other / name).is_file() for line in describe(one / name, other / name)]


def drawing(one: Path, other: Path) -> bool:
    """Whether two outputs hold an SVG picture that is the same drawing in other bytes."""
    if one.is_dir():
        return any(drawing(file, other / file.relative_to(one)) for file in one.rglob("*.svg"))
    return one.suffix == ".svg" and other.is_file() and same_drawing(one.read_bytes(), other.read_bytes())


def holds_text(path: Path, text: bytes) -> bool:
    """Whether a text stands in a file, or in one of a folder."""
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return any(text in file.read_bytes() for file in files)


def sweep_factors(context: Context, first: StageRun) -> list[Experiment]:
    """Every factor on one stage, whether or not it gave what was committed: what does it hang on?"""
    with Laboratory(context, first, [path for path, value in first.hashes.items() if value]) as lab:
        if lab.repeat() not in (None, lab.before):
            lab.note("because", of_variation(lab))
        else:
            for factor in (*PLACE, CLOCK, ONE_THREAD):
                lab.changes(factor)
        return lab.experiments
