"""The one file that knows DVC's insides: pipeline, hashes, cache and remotes of a repository.

DVC has no public API for them. Its version is pinned to a minor release in pyproject.toml for this reason.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from probado.errors import Refused
from probado.repository import hashes
from probado.repository.pipeline import Output, Pipeline, RawData, Stage, check_rules
from probado.repository.rule import parse_rule
from probado.text import first_mistake, last_line


def read_pipeline(root: Path) -> Pipeline:
    """Read the pipeline of a repository; DVC resolves templates, loops and parameters.

    Raises:
        Refused: it is no DVC repository, or DVC cannot read it.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import plan_repro
    from dvc.stage import PipelineStage

    pipeline = Pipeline()
    try:
        with Repo(str(root)) as repo:
            for stage in plan_repro(repo.index.graph):
                if isinstance(stage, PipelineStage) and stage.cmd:
                    pipeline.stages.append(_stage(stage, root))
                else:
                    file = Path(stage.path).relative_to(root).as_posix()
                    pipeline.data += [
                        RawData(_relative(out, root), file, out.hash_name, out.hash_info.value) for out in stage.outs
                    ]
    except DvcException as error:
        reason = str(error.__cause__ or "").partition("\n")[0]
        said = f"{error}{reason and f' ({reason})'}".replace(os.path.relpath(root) + os.sep, "")
        raise Refused(f"DVC cannot read the pipeline: {' '.join(said.split())}") from error
    check_rules(pipeline)
    return pipeline


def _stage(stage: Any, root: Path) -> Stage:
    """A stage of DVC's as plain values."""
    from dvc.dependency import ParamsDependency

    file = Path(stage.path).relative_to(root).as_posix()
    name = stage.name if file == "dvc.yaml" else f"{file}:{stage.name}"
    parameters = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    local = [dep for dep in stage.deps if dep.protocol == "local" and dep not in parameters]
    stale = ["its command"] if stage.cmd_changed else []
    stale += [
        f"its parameters in {dep.def_path}"
        for dep in parameters
        if dep.hash_info.value is not None and dep.workspace_status()
    ]
    return Stage(
        name=name,
        commands=tuple(stage.cmd if isinstance(stage.cmd, list) else stage.cmd.splitlines()),
        folder=Path(stage.wdir).relative_to(root).as_posix(),
        deps={_relative(dep, root): (dep.hash_name, dep.hash_info.value) for dep in local},
        parameters=frozenset(Path(dep.fs_path).relative_to(root).as_posix() for dep in parameters),
        outs=tuple(_output(out, name, root) for out in stage.outs),
        source=bool((stage.meta or {}).get("network")),
        recorded=any(thing.hash_info for thing in (*stage.deps, *stage.outs)) or not (stage.deps or stage.outs),
        stale=tuple(stale),
        frozen=bool(stage.frozen),
    )


def _output(out: Any, stage: str, root: Path) -> Output:
    """An output of DVC's as plain values.

    Raises:
        Refused: it lies outside of the repository, or its meta declares a comparison that does not exist.
    """
    path = _relative(out, root)
    if out.protocol != "local" or not Path(out.fs_path).parent.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{stage} writes {path}, outside of the repository: a rerun would overwrite it, not prove it")
    meta = out.annot.meta or {}
    try:
        rule = parse_rule(meta.get("compare", "bytes"))
        rule_elsewhere = parse_rule(meta["elsewhere"]) if "elsewhere" in meta else None
    except ValidationError as error:
        raise Refused(f"dvc.yaml: the comparison of {path} is not understood ({first_mistake(error)})") from error
    return Output(path, stage, out.hash_name, out.hash_info.value, out.use_cache, out.persist, rule, rule_elsewhere)


def _relative(thing: Any, root: Path) -> str:
    """The path of an output or dependency of DVC's from the root, or a whole path if it is declared so."""
    outside = Path(thing.def_path).is_absolute() and not Path(thing.fs_path).is_relative_to(root)
    return str(thing.def_path) if outside else Path(os.path.relpath(thing.fs_path, root)).as_posix()


def content_hash(root: Path, path: str, algorithm: str, crlf: bool = False) -> str | None:
    """The hash that DVC gives a file or folder, computed from its bytes; None where there is none.

    Args:
        root: the project's folder.
        path: the file or folder, from there.
        algorithm: the name that DVC has for the hash.
        crlf: whether to hash text as if its lines ended with CR LF.
    """
    from dvc.fs import localfs
    from dvc.ignore import DvcIgnoreFilter

    whole = root / path
    if algorithm not in ("md5", "md5-dos2unix") or not whole.exists():
        return None
    if whole.is_file():
        return file_hash(whole, algorithm, crlf)
    entries = []
    for folder, _, files in DvcIgnoreFilter(localfs, str(root)).walk(localfs, str(whole)):
        for name in files:
            file = Path(folder, name)
            entries.append((file.relative_to(whole).as_posix(), file_hash(file, algorithm, crlf)))
    listed = json.dumps([{"md5": value, "relpath": name} for name, value in sorted(entries)], sort_keys=True)
    return hashlib.md5(listed.encode(), usedforsecurity=False).hexdigest() + ".dir"


def file_hash(file: Path, algorithm: str, crlf: bool = False) -> str:
    """The hash that DVC gives a file; arguments as for `content_hash`."""
    from dvc.fs import localfs
    from dvc_data.hashfile.hash import file_md5

    if crlf and b"\0" not in (content := file.read_bytes()):
        changed = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return hashlib.md5(changed, usedforsecurity=False).hexdigest()
    return hashes.known_or(file, algorithm, lambda: str(file_md5(str(file), localfs, name=algorithm)))


def copy_from_cache(project: Path, data: Output | RawData, copy: Path) -> None:
    """Copy what the project's cache has of some data. The caller checks the hash of the copy."""
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    # The working tree may have become a DVC repository, or ceased to be one, since the commit.
    with contextlib.suppress(NotDvcRepoError), Repo(str(project)) as repo:
        cache = repo.cache.legacy if data.algorithm == "md5-dos2unix" else repo.cache.local
        _copy_object(Path(cache.path), str(data.recorded), copy)


def _copy_object(cache: Path, recorded: str, copy: Path) -> None:
    stored = cache / recorded[:2] / recorded[2:]
    if not stored.is_file():
        return
    if not recorded.endswith(".dir"):
        hashes.copy(stored, copy)
        # Those of the cache are for reading alone.
        copy.chmod(0o644)
        return
    for entry in json.loads(stored.read_text(encoding="utf-8")):
        # A stranger's list of files must not lead out of the folder.
        if Path(os.path.normpath(copy / entry["relpath"])).is_relative_to(copy):
            _copy_object(cache, entry["md5"], copy / entry["relpath"])


def pull(project: Path, root: Path, file: str, limit: float) -> str | None:
    """Pull the data of a .dvc file into a clone, from the remotes of its project.

    Args:
        project: the original, whose remotes may be relative or uncommitted.
        root: its clone.
        file: path of the .dvc file.
        limit: seconds until it is given up.

    Returns:
        Why it failed; None where DVC succeeded.
    """
    command = [sys.executable, "-P", "-m", "dvc", "pull", file]
    settings = _copy_remotes(project, root)
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return f"dvc pull did not end in {limit / 60:g} minutes"
    finally:
        # They may hold a password.
        settings.unlink(missing_ok=True)
    if done.returncode == 0:
        return None
    # A line for people who want help comes last.
    said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    return said[-1].removeprefix("unexpected error - ") if said else last_line(done.stderr) or "no remote has it"


def _copy_remotes(project: Path, root: Path) -> Path:
    """Copy the remotes of a project into the local settings of its clone; returns the settings' path."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with (
        contextlib.suppress(DvcException),
        Repo(str(project)) as original,
        Repo(str(root)) as clone,
        clone.config.edit("local") as settings,
    ):
        settings["remote"] = original.config["remote"]
        settings["core"] = {name: value for name, value in original.config["core"].items() if name == "remote"}
    return root / ".dvc" / "config.local"
