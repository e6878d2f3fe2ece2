"""The bytes that a commit records for its data, wherever they are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from probado.files import remove
from probado.repository import hashes
from probado.repository.dvc import content_hash, copy_from_cache
from probado.repository.pipeline import Output, RawData


@dataclass(frozen=True)
class CommittedContent:
    """Finds recorded bytes in the project, among the files that the clone had (`kept`), or in the project's cache."""

    project: Path
    kept: Path

    def path_of(self, data: Output) -> Path | None:
        """Where the recorded bytes are, checked by their hash; None where they are not on this machine."""
        if data.recorded is None:
            return None
        if content_hash(self.project, data.path, data.algorithm) == data.recorded:
            return self.project / data.path
        copy = self.kept / data.path
        if not copy.exists():
            copy_from_cache(self.project, data, copy)
        return copy if content_hash(self.kept, data.path, data.algorithm) == data.recorded else None

    def copy(self, data: RawData, root: Path) -> bool:
        """Copy recorded bytes to the same path below `root`; returns whether they were on this machine.

        They are read once: the hash is that of the copy.
        """
        original, target = self.project / data.path, root / data.path
        if original.exists():
            hashes.copy(original, target)
            if content_hash(root, data.path, data.algorithm) == data.recorded:
                return True
            remove(target)
        copy_from_cache(self.project, data, target)
        if target.exists() and content_hash(root, data.path, data.algorithm) == data.recorded:
            return True
        remove(target)
        return False
