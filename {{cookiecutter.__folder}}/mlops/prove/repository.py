"""What a repository has committed: its stages as DVC reads them, the hashes in dvc.lock, and contents by hash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mlops.prove.compare import Rule, rule

# Where a proof lies; the second where the first is an output as a whole.
FOLDERS = ("reports", "proof")
# What a proof writes: no part of the tree that it speaks of.
PROOF = tuple(f"{folder}/proof.{kind}" for folder in FOLDERS for kind in ("json", "md", "html", "svg"))


class Refused(ValueError):
    """There is nothing to prove here, in one line: what is wrong and what to do."""


@dataclass(frozen=True)
class Out:
    """An output of a stage, as committed."""

    path: str
    stage: str
    algorithm: str
    recorded: str | None
    cached: bool
    persist: bool
    same: Rule
    elsewhere: Rule | None


@dataclass(frozen=True)
class Step:
    """A stage: what it runs, where, what it reads and writes. Paths start at the root of the repository."""

    name: str
    commands: tuple[str, ...]
    folder: str
    deps: dict[str, tuple[str, str | None]]
    parameters: frozenset[str]
    outs: tuple[Out, ...]
    # Declared to bring raw data, by meta: {network: true}.
    source: bool
    recorded: bool
    stale: tuple[str, ...] = ()


@dataclass(frozen=True)
class Data:
    """A file or folder that DVC keeps and no stage writes (dvc add, import, import-url)."""

    path: str
    file: str
    algorithm: str
    recorded: str | None


@dataclass
class Pipeline:
    """All stages in the order in which they run, and the data that they start from."""

    steps: list[Step] = field(default_factory=list)
    data: list[Data] = field(default_factory=list)

    def outs(self) -> Iterator[Out]:
        """Every output of every stage."""
        for step in self.steps:
            yield from step.outs

    def paths(self) -> set[str]:
        """Every output, and all data that the stages start from."""
        return {*(out.path for out in self.outs()), *(data.path for data in self.data)}

    def may_bring(self, step: Step) -> bool:
        """Whether a stage may bring raw data: none declares that it does, and this one reads nothing of the others."""
        declared = any(one.source for one in self.steps)
        return not declared and not any(overlaps(dep, self.paths()) for dep in step.deps)


def read(root: Path) -> Pipeline:
    """Read the pipeline of a repository with DVC, which resolves templates, loops and parameters.

    Raises:
        Refused: it is no DVC repository, or DVC cannot read it.
    """
    try:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
        from dvc.repo.reproduce import plan_repro
        from dvc.stage import PipelineStage
    except ModuleNotFoundError as error:
        raise Refused(f"the judge needs {error.name}: run it in an environment from requirements/base.lock") from error
    try:
        with Repo(str(root)) as repo:
            found = Pipeline()
            for stage in plan_repro(repo.index.graph):
                if isinstance(stage, PipelineStage) and stage.cmd:
                    found.steps.append(step(stage, root))
                else:
                    file = Path(stage.path).relative_to(root).as_posix()
                    found.data += [
                        Data(relative(out, root), file, out.hash_name, out.hash_info.value) for out in stage.outs
                    ]
    except DvcException as error:
        reason = str(error.__cause__ or "").partition("\n")[0]
        said = f"{error}{reason and f' ({reason})'}".replace(os.path.relpath(root) + os.sep, "")
        raise Refused(f"DVC cannot read the pipeline: {' '.join(said.split())}") from error
    check_ways(found)
    return found


def step(stage: Any, root: Path) -> Step:
    """One stage of DVC's as plain values."""
    from dvc.dependency import ParamsDependency

    file = Path(stage.path).relative_to(root).as_posix()
    name = stage.name if file == "dvc.yaml" else f"{file}:{stage.name}"
    local = [dep for dep in stage.deps if dep.protocol == "local" and not isinstance(dep, ParamsDependency)]
    stale = ["its command"] if stage.cmd_changed else []
    for dep in stage.deps:
        if isinstance(dep, ParamsDependency) and dep.hash_info.value is not None and dep.workspace_status():
            stale.append(f"its parameters in {dep.def_path}")
    return Step(
        name=name,
        commands=tuple(stage.cmd if isinstance(stage.cmd, list) else stage.cmd.splitlines()),
        folder=Path(stage.wdir).relative_to(root).as_posix(),
        deps={relative(dep, root): (dep.hash_name, dep.hash_info.value) for dep in local},
        parameters=frozenset(
            Path(dep.fs_path).relative_to(root).as_posix() for dep in stage.deps if isinstance(dep, ParamsDependency)
        ),
        outs=tuple(out(found, name, root) for found in stage.outs),
        source=bool((stage.meta or {}).get("network")),
        recorded=any(found.hash_info for found in stage.outs) or (not stage.outs and not stage.cmd_changed),
        stale=tuple(stale),
    )


def out(found: Any, stage: str, root: Path) -> Out:
    """One output of DVC's as plain values.

    Raises:
        Refused: it lies outside of the repository, or its meta declares a comparison that there is not.
    """
    path = relative(found, root)
    if found.protocol != "local" or not Path(found.fs_path).parent.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{stage} writes {path}, outside of the repository: a rerun would overwrite it, not prove it")
    meta = found.annot.meta or {}
    try:
        same = rule(meta.get("compare", "bytes"))
        elsewhere = rule(meta["elsewhere"]) if "elsewhere" in meta else None
    except ValidationError as error:
        raise Refused(f"dvc.yaml: the comparison of {path} is not understood ({first_of(error)})") from error
    return Out(path, stage, found.hash_name, found.hash_info.value, found.use_cache, found.persist, same, elsewhere)


def relative(found: Any, root: Path) -> str:
    """A path from the root of the repository; as it stands where it is outside."""
    path = Path(found.fs_path)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(found.def_path)


def check_ways(pipeline: Pipeline) -> None:
    """Refuse an output that goes by another one which is not made from it.

    Elsewhere it may go by what it is made from: there every stage has to give the same twice.
    """
    made = {out.path: out.stage for out in pipeline.outs()}
    later: dict[str, set[str]] = {}
    for step in pipeline.steps:
        read = {made[path] for path in made if overlaps(path, step.deps)}
        later[step.name] = {step.name}
        for reached in later.values():
            if read & reached:
                reached.add(step.name)
    for out in pipeline.outs():
        if out.same.by and made.get(out.same.by) not in later[out.stage]:
            raise Refused(f"dvc.yaml: {out.path} is compared by {out.same.by}, which is no output made from it")


def inside(path: str, folders: Collection[str]) -> bool:
    """Whether a path is one of these, or lies in one."""
    return path in folders or any(parent.as_posix() in folders for parent in Path(path).parents)


def overlaps(path: str, others: Collection[str]) -> bool:
    """Whether a path is one of these, lies in one, or holds one."""
    return inside(path, others) or any(other.startswith(path.rstrip("/") + "/") for other in others)


def content_hash(root: Path, path: str, algorithm: str) -> str | None:
    """The hash of a file or folder as DVC has it, computed from its bytes; None where there is none."""
    from dvc.fs import localfs
    from dvc.ignore import DvcIgnoreFilter
    from dvc_data.hashfile.hash import file_md5

    whole = root / path
    if algorithm not in ("md5", "md5-dos2unix") or not whole.exists():
        return None
    if whole.is_file():
        return str(file_md5(str(whole), localfs, name=algorithm))
    entries = []
    for folder, _, files in DvcIgnoreFilter(localfs, str(root)).walk(localfs, str(whole)):
        for name in files:
            file = Path(folder, name)
            entries.append((file.relative_to(whole).as_posix(), str(file_md5(str(file), localfs, name=algorithm))))
    listed = json.dumps([{"md5": value, "relpath": name} for name, value in sorted(entries)], sort_keys=True)
    return hashlib.md5(listed.encode(), usedforsecurity=False).hexdigest() + ".dir"


class Committed:
    """What was committed: as it stands in the project, as the clone had it (`kept`), or from the project's cache."""

    def __init__(self, project: Path, kept: Path) -> None:
        self.project, self.kept = project, kept

    def content(self, out: Out | Data) -> Path | None:
        """The bytes that are recorded of it, checked by their hash; None where they are not here."""
        if out.recorded is None:
            return None
        if content_hash(self.project, out.path, out.algorithm) == out.recorded:
            return self.project / out.path
        copy = self.kept / out.path
        if not copy.exists():
            from dvc.exceptions import NotDvcRepoError
            from dvc.repo import Repo

            # What was made into a DVC repository, or is one no longer, has no cache.
            with contextlib.suppress(NotDvcRepoError), Repo(str(self.project)) as repo:
                cache = repo.cache.legacy if out.algorithm == "md5-dos2unix" else repo.cache.local
                bring_from(Path(cache.path), out.recorded, copy)
        return copy if content_hash(self.kept, out.path, out.algorithm) == out.recorded else None


def bring_from(cache: Path, recorded: str, copy: Path) -> None:
    """Copy what there is of a file or folder in a cache of DVC's; its hash is checked afterwards."""
    stored = cache / recorded[:2] / recorded[2:]
    if not stored.is_file():
        return
    if not recorded.endswith(".dir"):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stored, copy)
        return
    for entry in json.loads(stored.read_text(encoding="utf-8")):
        # A list of somebody else's must not lead out of the folder.
        if Path(os.path.normpath(copy / entry["relpath"])).is_relative_to(copy):
            bring_from(cache, entry["md5"], copy / entry["relpath"])


def git(folder: Path, *arguments: str) -> str:
    """What git prints.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    # A repository of somebody else's must not name programs that git runs here.
    safe = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.devnull]
    done = subprocess.run(["git", "-C", str(folder), *safe, *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def first_of(error: ValidationError) -> str:
    """The first thing that is wrong with a declaration, and where it stands."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'as a whole'}: {first['msg']}"


def changes(project: Path) -> list[str]:
    """What of the tree is not committed, the proof itself apart."""
    listed = git(
        project, "status", "--porcelain", "--untracked-files=all", "--", ".", *(f":(exclude){name}" for name in PROOF)
    )
    return [line[3:] for line in listed.splitlines()]


def evidence(project: Path) -> Path:
    """The proof of a project, whether or not it is there."""
    places = [project / folder / "proof.json" for folder in FOLDERS]
    return next((path for path in places if path.is_file()), places[0])


def tree_hash(project: Path, revision: str) -> str:
    """SHA-256 of names and contents of a revision, the proof itself apart: what a proof is bound to."""
    listed = git(project, "ls-tree", "-r", "-z", revision, "--", ".")
    kept = [line for line in listed.split("\0") if line and line.partition("\t")[2] not in PROOF]
    return hashlib.sha256("\0".join(kept).encode()).hexdigest()
