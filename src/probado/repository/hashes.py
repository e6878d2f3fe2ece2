"""Hashes of files as DVC has them, computed once for as long as a file stays as it is."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from probado.files import blocks

# Seconds within which a file system may give two changes the same time.
TICK = 0.02
# Where a file is, how long it is, when it was changed, and the name of the hash. A stage can set the time of a change
# (mtime), not that of the last change of either (ctime).
Key = tuple[int, int, int, int, int, str]
KNOWN: dict[Key, str] = {}


def known_or(file: Path, algorithm: str, compute: Callable[[], str]) -> str:
    """The hash of a file, computed unless it is known.

    Args:
        file: the file.
        algorithm: the name that DVC has for the hash.
        compute: gives the hash from the file's bytes.
    """
    key = _key(file, algorithm)
    return KNOWN[key] if key in KNOWN else _note(file, key, compute())


def copy(source: Path, target: Path) -> None:
    """Copy a file or folder, and note the hashes of what was copied: nothing has to be read again for them."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_copy_file)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(str(source), str(target))


@contextlib.contextmanager
def moved(path: Path, target: Path) -> Iterator[None]:
    """Note that a file or folder, moved from one path to another within, is the same as before."""
    before = {file: _key(path / file, "md5") for file in _files(path)}
    yield
    for file, key in before.items():
        if key in KNOWN:
            KNOWN[_key(target / file, "md5")] = KNOWN[key]


def _copy_file(source: str, target: str) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with open(source, "rb") as read, open(target, "wb") as written:
        for block in blocks(read):
            digest.update(block)
            written.write(block)
    shutil.copymode(source, target)
    _note(Path(target), _key(Path(target), "md5"), digest.hexdigest())


def _key(file: Path, algorithm: str) -> Key:
    was = file.stat()
    return was.st_dev, was.st_ino, was.st_size, was.st_mtime_ns, was.st_ctime_ns, algorithm


def _note(file: Path, key: Key, value: str) -> str:
    """Note a hash, unless the file may change without another time."""
    *_, changed, algorithm = key
    # A file system that keeps whole seconds is not trusted.
    if changed % 10**9 and _key(file, algorithm) == key:
        time.sleep(max(0.0, min(TICK, changed / 10**9 + TICK - time.time())))
        KNOWN[key] = value
    return value


def _files(path: Path) -> list[Path]:
    """The files of a path, from there; links lead somewhere else after a move."""
    found = [path]
    if path.is_dir() and not path.is_symlink():
        found = [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
    return [file.relative_to(path) for file in found if file.is_file() and not file.is_symlink()]
