"""A stage needs a file that was never committed."""

from __future__ import annotations

from pathlib import Path

from probado.prove.causes.base import Cause, Failure
from probado.prove.rerun import missing_files
from probado.repository.paths import inside


class UntrackedFile(Cause):
    name = "untracked-file"
    says = "the stage needs a file that is in the project but not committed"
    fix = "git add it, or dvc add it when it is large, and name it among the deps of the stage"
    rank = 20

    def in_failure(self, failure: Failure) -> str | None:
        if failure.run.reads.untracked:
            return failure.run.reads.untracked[0]
        project, there = failure.bench.room.project, failure.bench.known | failure.run.hidden
        whole = [Path(word) for word in failure.run.stage.words() if word.startswith("/")]
        within = [path.relative_to(project).as_posix() for path in whole if path.is_relative_to(project)]
        relative = [path for path in missing_files(failure.run) if not path.startswith("/")]
        for path in (*relative, *within):
            if (project / path).is_file() and not inside(path, there):
                return f"{path}: {failure.said}"
        return None
