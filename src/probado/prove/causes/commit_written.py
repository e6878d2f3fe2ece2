"""The id of the commit is in the output."""

from __future__ import annotations

import re

from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference
from probado.repository.git import git

# Digits by which git names a commit in short.
SHORT, LONGER = 7, 12


class CommitWritten(Cause):
    name = "commit-written"
    says = "the id of the commit is in the output, which is another one as soon as that output is committed"
    fix = "leave it out of what the pipeline writes; which commit made a result is in git and in its MLflow run"
    rank = 115

    def in_content(self, difference: Difference) -> str | None:
        commit = git(difference.lab.root, "rev-parse", "HEAD").strip()
        # Seven digits alone stand in many tables of numbers.
        short = LONGER if commit[:SHORT].isdigit() else SHORT
        output = difference.lab.first_run_contains(beginning_of(commit, short))
        return f"{output} holds {commit[:short]}" if output else None


def beginning_of(commit: str, short: int) -> re.Pattern[bytes]:
    """The pattern of so many of a commit's first digits, or more of them, with no other digit beside them."""
    rest = commit[short:]
    more = "".join(f"(?:{digit}" for digit in rest) + ")?" * len(rest)
    return re.compile(f"(?<![0-9a-fA-F]){commit[:short]}{more}(?![0-9a-fA-F])".encode())
