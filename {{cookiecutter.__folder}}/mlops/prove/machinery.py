"""The hashes of the machinery's own files: is it as released? Standard library alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

MACHINERY = Path(__file__).resolve().parents[1]
SUMS = "SHA256SUMS"


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a machinery, by its path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files if path.name != SUMS}


def modified(folder: Path) -> list[str]:
    """Files of a machinery that are not as its SHA256SUMS says; sha256sum -c tells the same."""
    listed = (folder / SUMS).read_text(encoding="utf-8").splitlines() if (folder / SUMS).is_file() else []
    expected = {name: value for value, _, name in (line.partition("  ") for line in listed)}
    found = sums(folder)
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


def machinery_hash(folder: Path) -> str:
    """One hash over all files of a machinery."""
    return hashlib.sha256(json.dumps(sums(folder), sort_keys=True).encode()).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
