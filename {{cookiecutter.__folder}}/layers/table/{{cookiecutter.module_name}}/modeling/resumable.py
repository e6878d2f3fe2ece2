"""Files that are written piece by piece: after an interruption, the next run goes on where the last one stopped."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout


class Resumable:
    """Files that grow beside their places, and move there when they are complete.

    A journal beside them has a line for each piece: what its writer wants to know of it, and for each file the size and
    the hash of what the piece added. What a crash left is kept up to the last piece that is whole.
    """

    done: list[Any]

    def __init__(self, files: list[Path], made_from: list[Any]) -> None:
        """Go on with an interrupted run that wrote the same files from the same, or begin.

        Args:
            files: which may be written; the first one names the journal and is put in its place last.
            made_from: all that the contents depend on, of plain values.

        Raises:
            ValueError: another run writes the files.
        """
        self.files, self._made_from = files, json.dumps(made_from)
        self.journal = _beside(files[0], "journal")
        self._lock = FileLock(_beside(files[0], "lock"))

    def __enter__(self) -> Resumable:
        self.files[0].parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(f"another run writes {self.files[0]}: wait for it, or choose another name") from None
        lines = self.journal.read_text(encoding="utf-8").splitlines() if self.journal.is_file() else []
        lines, sizes = self._whole(lines)
        for file in self.files:
            partial = _beside(file)
            if sizes.get(file.name):
                os.truncate(partial, sizes[file.name])
            else:
                partial.unlink(missing_ok=True)
        self.done = [json.loads(line)["told"] for line in lines[1:]]
        self.journal.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        # After an interruption, or on a full disk, what is there is worth keeping.
        if error is None or isinstance(error, ValueError):
            for path in [*map(_beside, self.files), self.journal]:
                path.unlink(missing_ok=True)
        # Removed before it is released: after that it may be another run's.
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _whole(self, lines: list[str]) -> tuple[list[str], dict[str, int]]:
        """The lines of the journal up to the last piece that is whole, and the sizes of the files there."""
        sizes: dict[str, int] = {}
        kept = [self._made_from]
        for line in lines[1:] if lines[:1] == kept else []:
            try:
                added = json.loads(line)["added"]
            except ValueError:
                break
            if any(
                _hash_of(self._partial(name), sizes.get(name, 0), size) != sha for name, (size, sha) in added.items()
            ):
                break
            kept.append(line)
            for name, (size, _) in added.items():
                sizes[name] = sizes.get(name, 0) + size
        return kept, sizes

    def _partial(self, name: str) -> Path:
        return _beside(self.files[0].with_name(name))

    def add(self, texts: dict[Path, str], told: Any) -> None:
        """Add a piece: what it adds to which file, and what the next run has to know of it, of plain values."""
        added = {}
        for file, text in texts.items():
            written = text.encode()
            _append(_beside(file), written)
            added[file.name] = [len(written), hashlib.sha256(written).hexdigest()]
        _append(self.journal, f"{json.dumps({'told': told, 'added': added})}\n".encode())
        self.done.append(told)

    def finish(self) -> list[Path]:
        """Put the files in their places, and remove old ones that were not written now; returns those that were."""
        written = [file for file in self.files if _beside(file).is_file()]
        for file in reversed(self.files):
            if file in written:
                os.replace(_beside(file), file)
            else:
                file.unlink(missing_ok=True)
        return written


def _beside(file: Path, kind: str = "") -> Path:
    return file.with_name(f"{file.name}.{kind}.partial" if kind else f"{file.name}.partial")


def _append(path: Path, written: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(written)
        stream.flush()
        os.fsync(stream.fileno())


def _hash_of(path: Path, start: int, size: int) -> str | None:
    """The hash of a part of a file; None if the file is shorter."""
    if not path.is_file() or path.stat().st_size < start + size:
        return None
    with path.open("rb") as stream:
        stream.seek(start)
        return hashlib.sha256(stream.read(size)).hexdigest()
