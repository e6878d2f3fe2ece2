"""Files: found, hashed, read, and written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path for a file or a folder; it replaces `path` only on success.

    After a failure `path` is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    _remove(partial)
    try:
        yield partial
        if partial.is_dir() and path.exists():
            # A folder cannot be renamed over another, so the old one is moved first.
            aside = path.with_name(f"{path.name}.old.partial")
            _remove(aside)
            path.rename(aside)
            try:
                partial.rename(path)
            except OSError:
                aside.rename(path)
                raise
            _remove(aside)
        else:
            os.replace(partial, path)
    finally:
        _remove(partial)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file with line feeds on every system."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file that people can read and compare: indented, keys in the order given."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table. Only text is dictionary-encoded, because for numbers the encoding is slow and saves nothing."""
    numbers = set(table.select_dtypes("number").columns)
    with replacing(path) as partial:
        table.to_parquet(partial, use_dictionary=[name for name in table.columns if name not in numbers])


def read_parquet(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table as pandas does, but by pyarrow's own files.

    Through a file of Python's, as pandas opens it, a program that ends soon may abort at its end: threads of pyarrow
    still close the file while Python goes (https://github.com/apache/arrow/issues/50482).
    """
    import pandas as pd
    from pyarrow.fs import LocalFileSystem

    return pd.read_parquet(path, columns=columns, filesystem=LocalFileSystem())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def files_in(path: Path) -> list[Path]:
    """The files of a folder in the order of their names, without hidden ones; or the file itself.

    Raises:
        ValueError: there is none.
    """
    found = sorted(file for file in path.rglob("[!.]*") if file.is_file()) if path.is_dir() else [path]
    if not found:
        raise ValueError(f"{path.name} has no file in it")
    return found


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits; of a folder, that of what sha256sum prints in it."""
    if path.is_dir():
        lines = [f"{sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in files_in(path)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
