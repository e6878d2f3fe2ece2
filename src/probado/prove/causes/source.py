"""Raw data could not be fetched."""

from __future__ import annotations

from pathlib import Path

from probado.files import begins
from probado.prove.causes.base import Cause, Failure, Finding
from probado.repository.pipeline import Pipeline

# A file that Git LFS keeps is replaced by a pointer, which begins so.
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class Source(Cause):
    name = "source"
    says = "the raw data could not be fetched"
    fix = "name a mirror or a local file, or add a remote that has them (dvc remote add, dvc push)"
    rank = 60
    inconclusive = True

    def in_commit(self, pipeline: Pipeline, root: Path) -> Finding | None:
        for stage in (stage for stage in pipeline.stages if stage.recorded):
            for path in stage.deps:
                if begins(root / path, LFS_POINTER):
                    return Finding(stage.name, f"{path} is a pointer of Git LFS: git lfs pull")
        return None

    def in_failure(self, failure: Failure) -> str | None:
        run = failure.run
        if run.stage.source or (run.online and (run.reads.calls or run.reads.unreachable)):
            return failure.said
        if not failure.bench.pipeline.may_bring(run.stage):
            return None
        outside = [path for path in run.reads.absent if not Path(path).is_relative_to(failure.bench.room.root)]
        outside += [word for word in run.stage.words() if _is_absent(word)]
        return f"{outside[0]} is not on this machine" if outside else None


def _is_absent(word: str) -> bool:
    return Path(word).is_absolute() and not Path(word).exists()
