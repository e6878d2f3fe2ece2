"""probado retrain: train on new data aside, and take the model over only if it passes the gate."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from probado.contract import STORE
from probado.errors import Refused
from probado.files import remove
from probado.life.decision import only_one
from probado.life.promote import CHALLENGED
from probado.life.retrain.data import bring
from probado.life.retrain.takeover import FOLDER, REF, clone_of, settle, take_over
from probado.repository.git import git, uncommitted
from probado.store import address

LOCK = Path(".life/retrain.lock")
AS_IT_WAS = f"the project is as it was, and {FOLDER} shows what was tried"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--file", type=Path, help="the new data, in the place of the configured file")
    parser.add_argument("--unproven", action="store_true", help="do not prove the results first")


def run(options: argparse.Namespace) -> int:
    """Retrain; returns the exit status: 0 champion, or nothing new, 3 challenger."""
    root = Path.cwd()
    with only_one(root, LOCK, "retraining"):
        settle(root)
        return retrain(root, options.module, options.file, options.unproven)


def retrain(root: Path, module: str, file: Path | None, unproven: bool) -> int:
    """Run everything in a clone that shares git's objects, DVC's cache and the registry; returns the exit status."""
    if file and not file.exists():
        raise Refused(f"there is no file {file}")
    if changed := uncommitted(root):
        raise Refused(
            f"{changed[0]} is not committed: a retrained model belongs to a commit, which follows the last one"
        )
    remove(root / FOLDER)
    aside = clone(root)
    status = 0
    if make(root, aside, module, file):
        commit(root, aside, f"Retrain on {file.name}" if file else "Retrain")
        status = ask(root, aside, module, unproven)
    else:
        print("the same data give the same model: there is nothing to promote")
    # What a failure left stays there to be looked at.
    remove(root / FOLDER)
    return status


def make(root: Path, aside: Path, module: str, file: Path | None) -> bool:
    """Run the pipeline of the clone on new data; returns whether it gave anything new."""
    _run(aside, root, "dvc", "checkout", "--quiet", "--allow-missing")
    bring(file, root, aside, module)
    _run(aside, root, "dvc", "repro")
    return bool(uncommitted(aside))


def ask(root: Path, aside: Path, module: str, unproven: bool) -> int:
    """Prove the clone's results, ask the gate about its model, and take a champion over; returns the exit status."""
    if not unproven:
        _run(aside, root, "probado", "prove")
    git(root, "fetch", "--quiet", str(aside), f"+HEAD:{REF}")
    asked = ["probado", "promote", "--module", module, "--home", str(root), *(["--unproven"] if unproven else [])]
    status = _called(aside, root, *asked, own_store=False)
    if status == 0:
        take_over(root, aside)
        return 0
    git(root, "update-ref", "-d", REF)
    if status != CHALLENGED:
        raise Refused(f"the gate could not be asked: {AS_IT_WAS}")
    print("the project is as it was")
    return status


def clone(root: Path) -> Path:
    """The project in a clone of the commit; returns its folder."""
    top = git(root, "rev-parse", "--show-toplevel").strip()
    git(root, "clone", "--quiet", "--shared", top, str(root / FOLDER))
    aside = clone_of(root)
    settings = root / ".dvc" / "config.local"
    if settings.is_file():
        (aside / ".dvc" / "config.local").write_bytes(settings.read_bytes())
    cache = subprocess.run(
        [sys.executable, "-P", "-m", "dvc", "cache", "dir"], cwd=root, capture_output=True, text=True, check=True
    )
    _run(aside, root, "dvc", "cache", "dir", "--local", cache.stdout.strip())
    return aside


def commit(root: Path, aside: Path, message: str) -> None:
    """Commit what changed, as the person who commits in the project."""
    who = []
    for key, otherwise in (("user.name", "probado"), ("user.email", "probado@localhost")):
        found = subprocess.run(["git", "-C", str(root), "config", key], capture_output=True, text=True).stdout.strip()
        who += ["-c", f"{key}={found or otherwise}"]
    git(aside, "add", "--all")
    git(aside, *who, "commit", "--quiet", "--message", message)


def _run(aside: Path, root: Path, *command: str) -> None:
    if _called(aside, root, *command):
        raise Refused(f"{' '.join(command)} failed on the new data: {AS_IT_WAS}")


def _called(aside: Path, root: Path, *command: str, own_store: bool = True) -> int:
    """The exit status of a module's command in the clone, whose runs are kept in the project's store."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    store = {STORE: address(root)} if own_store else {}
    command = (sys.executable, "-P", "-m", *command)
    return subprocess.run(command, cwd=aside, env={**os.environ, "PATH": path, **store}).returncode
