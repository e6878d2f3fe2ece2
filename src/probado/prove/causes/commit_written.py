"""The id of the commit is in the output."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference
from probado.repository.git import git

# Digits by which git names a commit in short.
SHORT = 7


class CommitWritten(Cause):
    name = "commit-written"
    says = "the id of the commit is in the output, which is another one as soon as that output is committed"
    fix = "leave it out of what the pipeline writes; which commit made a result is in git and in its MLflow run"
    rank = 115

    def in_content(self, difference: Difference) -> str | None:
        commit = git(difference.lab.root, "rev-parse", "HEAD").strip()
        output = difference.lab.first_run_contains(commit[:SHORT].encode())
        return f"{output} holds {commit[:SHORT]}" if output else None
