"""A stage changes a file that is not its own."""

from __future__ import annotations

import os

from probado.contract import PROOF_FILES
from probado.prove.causes.base import Cause, Finding
from probado.prove.rerun import Bench, StageRun
from probado.repository.dvc import content_hash
from probado.repository.git import paths
from probado.repository.paths import inside


class Overwritten(Cause):
    name = "overwritten"
    says = "a stage changes a file that is not its own"
    fix = "let each file be the output of one stage, and write to another one"
    rank = 260

    def after_all(self, bench: Bench, runs: dict[str, StageRun]) -> list[Finding]:
        changed = list(overwritten(bench, runs).items())[:3]
        return [Finding("the pipeline", f"{path}, {whose}") for path, whose in changed]


def overwritten(bench: Bench, runs: dict[str, StageRun]) -> dict[str, str]:
    """Files that are not as their stage left them, or as they were committed; and whose they are."""
    root = bench.room.root
    changed = {
        out.path: f"an output of {name}"
        for name, done in runs.items()
        for out in done.stage.outs
        if (value := done.hashes[out.path]) and content_hash(root, out.path, out.algorithm) != value
    }
    changed |= {path: f"written by {name} as well" for name, done in runs.items() for path in done.wrote}
    outs = {path for done in runs.values() for path in done.hashes}
    for path in paths(root, "ls-files", "-z", "--modified", ":/"):
        # Of a link git cannot tell, since the clone has no contents of the commit.
        same = path in bench.links and (root / path).is_symlink() and (root / path).readlink() == bench.links[path]
        if not same and not inside(path, outs) and path not in PROOF_FILES and os.path.lexists(root / path):
            changed[path] = "committed"
    return changed
