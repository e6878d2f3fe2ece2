"""What is done with files everywhere: read in blocks, look at the beginning, remove; tables of Parquet."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Bytes at a time.
BLOCK = 2**20


def blocks(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """What a file holds, BLOCK bytes at a time."""
    while block := file.read(BLOCK):
        yield block


def begins(path: Path, text: bytes) -> bool:
    """Whether a file is there and begins with a text."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(text)) == text


def is_program(path: Path) -> bool:
    """Whether a file begins as a script or a program of Linux does."""
    return begins(path, b"#!") or begins(path, b"\x7fELF")


def can_run(path: Path) -> bool:
    """Whether a file is a program that may be run: some file systems call every file executable."""
    return os.access(path, os.X_OK) and is_program(path)


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


def read_frame(path: Path) -> pd.DataFrame:
    """A table of Parquet by pyarrow's own files: as pandas opens them, a program that ends soon may abort.

    See https://github.com/apache/arrow/issues/50482.
    """
    import pandas as pd
    from pyarrow.fs import LocalFileSystem

    return pd.read_parquet(path, filesystem=LocalFileSystem())
