"""dvc.lock was changed by hand, or merged from two runs."""

from __future__ import annotations

from pathlib import Path

from probado.prove.causes.base import Cause, Finding
from probado.prove.laboratory import Difference
from probado.prove.rerun import StageRun
from probado.repository.dvc import content_hash
from probado.repository.pipeline import Pipeline


class EditedLock(Cause):
    name = "edited-lock"
    says = "dvc.lock was changed by hand, or merged from two runs"
    fix = "dvc repro, and commit the dvc.lock that it writes"
    rank = 250

    def in_commit(self, pipeline: Pipeline, root: Path) -> Finding | None:
        for stage in (stage for stage in pipeline.stages if stage.recorded):
            for out in stage.outs:
                here = None if out.cached else content_hash(root, out.path, out.algorithm)
                if here not in (None, out.recorded):
                    return Finding(stage.name, f"{out.path} is committed with other bytes than dvc.lock says")
        return None

    def between_stages(self, pipeline: Pipeline, runs: dict[str, StageRun]) -> Finding | None:
        for stage, out in pipeline.contradictions():
            if stage.name in runs and out.stage in runs:
                as_written = runs[out.stage].hashes[out.path] == out.recorded
                detail = f"{out.path}: {out.stage} writes another hash than {stage.name} reads"
                return Finding(stage.name if as_written else out.stage, detail)
        return None

    def in_the_end(self, difference: Difference) -> str | None:
        lab = difference.lab
        project = lab.bench.room.project
        made_here = tuple(content_hash(project, out.path, out.algorithm) for out in difference.outs)
        if difference.contents or made_here != lab.before:
            return None
        return f"nothing here has the bytes that dvc.lock names of {lab.outputs[0]}"
