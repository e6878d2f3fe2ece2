"""Which paths of a repository are inside of others. Paths are POSIX texts that start at the root of the project."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def inside(path: str, folders: Collection[str]) -> bool:
    """Whether a path is one of these, or lies in one of them."""
    return path in folders or any(parent.as_posix() in folders for parent in Path(path).parents)


def overlaps(path: str, others: Collection[str]) -> bool:
    """Whether a path is one of these, lies in one of them, or holds one of them."""
    return inside(path, others) or any(other.startswith(path.rstrip("/") + "/") for other in others)
