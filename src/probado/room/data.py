"""Raw data that DVC keeps, brought into the clone: from the project, its cache or its remotes."""

from __future__ import annotations

from pathlib import Path

from probado.repository.committed import CommittedContent
from probado.repository.dvc import content_hash, pull
from probado.repository.pipeline import RawData


def bring(data: RawData, root: Path, committed: CommittedContent, limit: float) -> str | None:
    """Bring one file or folder into the clone at `root`.

    Args:
        data: what to bring.
        root: the project in the clone.
        committed: where recorded bytes are on this machine.
        limit: seconds for a download.

    Returns:
        Why it could not be fetched; None where it is there.
    """
    if committed.copy(data, root):
        return None
    failure = pull(committed.project, root, data.file, limit)
    if failure is None and content_hash(root, data.path, data.algorithm) == data.recorded:
        return None
    changed = (committed.project / data.path).exists()
    remark = " (the file in the project was changed since it was added)" if changed else ""
    return f"{data.path} could not be fetched{remark}: {failure or 'no remote has it'}"
