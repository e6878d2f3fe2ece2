"""The folder of a clean room: made under a lock, removed when the proof ends, whatever ended it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "proof-"
# Locked as long as the room is used.
LOCK = "lock"
# Inside the folder. Stages see all but scratch, where the judge keeps its own files and what stages are compared with.
PARTS = ("home", "tmp", "var-tmp", "log", "scratch")


@contextlib.contextmanager
def room_folder() -> Iterator[Path]:
    """Make the folder, and remove it in the end. Folders that killed proofs left behind are removed first."""
    remove_abandoned()
    # Resolved, since outputs are searched for the path of the clone.
    unnamed = Path(tempfile.mkdtemp(prefix=f".{PREFIX}")).resolve()
    folder = unnamed.with_name(unnamed.name.removeprefix("."))
    try:
        with open(unnamed / LOCK, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Named once it is locked: other proofs remove folders of this name without a lock.
            unnamed.rename(folder)
            for name in PARTS:
                (folder / name).mkdir()
            yield folder
    finally:
        remove(unnamed)
        remove(folder)


def remove_abandoned() -> None:
    """Remove the folders of proofs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # Another proof may end, and remove its folder, at any point here.
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
                continue
            with open(folder / LOCK, "r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there, whatever the permissions of what lies in it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.is_dir():
        path.chmod(0o700)
        for folder, names, _ in os.walk(path):
            for inner in (Path(folder, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
