"""The folder of a clean room: made under a lock, removed when the proof ends, whatever ended it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from probado.files import remove

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
