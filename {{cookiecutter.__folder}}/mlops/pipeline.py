"""The running stage as DVC sees it: its entry for dvc.lock, its last good outputs. Only here is DVC imported."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlops import project


@contextlib.contextmanager
def running() -> Iterator[Any]:
    """The stage that DVC runs, with values filled in.

    Raises:
        ValueError: no dvc.yaml or several have a stage of this name.
    """
    from dvc.repo import Repo

    path, _ = project.definition()
    with Repo() as repo:
        (loaded,) = repo.stage.collect(f"{path.as_posix()}:{project.stage()}")
        yield loaded


def lock_entry() -> dict[str, Any]:
    """The entry that DVC will write to dvc.lock for the finished stage: command, parameters, hashes of files."""
    from dvc.stage.serialize import to_single_stage_lockfile

    with running() as loaded:
        loaded.save_deps()
        loaded.save_outs()
        entry: dict[str, Any] = json.loads(json.dumps(to_single_stage_lockfile(loaded)))
        return entry


def dependencies() -> list[str]:
    """Paths that the running stage depends on. DVC is asked only for a stage whose values it fills in."""
    found: list[str] = project.definition()[1].get("deps", [])
    if "@" not in (project.stage() or ""):
        return found
    with running() as loaded:
        return [Path(str(dep)).as_posix() for dep in loaded.deps]


def put_back(folder: Path) -> bool:
    """Restore the outputs in dvc.lock from DVC's cache or git; does nothing for a run by hand.

    DVC removed them before the stage ran. Outputs that exist now were written by the failed stage, such as a model that
    took hours and whose metrics could not be logged. They are moved to `folder`; returns whether there were any.

    Raises:
        ValueError: outputs could not be restored; the message names a command for them.
    """
    if project.stage() is None:
        return False
    from dvc.exceptions import DvcException

    kept = False
    lost: dict[str, list[str]] = {"dvc checkout": [], "git checkout --": []}
    with running() as loaded:
        for out in loaded.outs:
            written, cached = Path(str(out)), out.use_cache
            if written.exists():
                (folder / written).parent.mkdir(parents=True, exist_ok=True)
                written.rename(folder / written)
                kept = True
            # DVC's run cache has small metrics too, although they are not cached outputs.
            out.use_cache = True
            if out.hash_info:
                try:
                    out.checkout(force=True)
                except (DvcException, OSError):
                    # Metrics of a fresh clone are not in the cache, but in git.
                    if project.git("checkout", "--", str(out)) is None or out.changed_checksum():
                        lost["dvc checkout" if cached else "git checkout --"].append(str(out))
    commands = [f"{command} {shlex.join(paths)}" for command, paths in lost.items() if paths]
    if commands:
        raise ValueError(f"they are not in DVC's cache; run {' and '.join(commands)}")
    return kept
