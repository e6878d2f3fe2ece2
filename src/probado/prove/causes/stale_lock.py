"""dvc.lock belongs to other code, parameters or data than the commit."""

from __future__ import annotations

from pathlib import Path

from probado.prove.causes.base import Cause, Finding
from probado.prove.rerun import StageRun
from probado.repository.dvc import content_hash
from probado.repository.paths import overlaps
from probado.repository.pipeline import Pipeline, Stage


class StaleLock(Cause):
    name = "stale-lock"
    says = "dvc.lock does not belong to this commit's code, parameters or data"
    fix = "dvc repro, look at what changed, commit dvc.lock with it"
    rank = 90

    def in_commit(self, pipeline: Pipeline, root: Path) -> Finding | None:
        data = {data.path: data.recorded for data in pipeline.data}
        written = pipeline.paths()
        for stage in (stage for stage in pipeline.stages if stage.recorded):
            for path, (algorithm, recorded) in stage.deps.items():
                here = data.get(path) if overlaps(path, written) else content_hash(root, path, algorithm)
                if here not in (None, recorded):
                    return Finding(stage.name, f"{path} is not the one that dvc.lock names{_advice(stage)}")
            if stage.stale:
                return Finding(stage.name, f"{', '.join(stage.stale)} changed{_advice(stage)}")
        return None

    def between_stages(self, pipeline: Pipeline, runs: dict[str, StageRun]) -> Finding | None:
        for stage, out in pipeline.contradictions():
            if stage.name in runs and stage.frozen:
                return Finding(stage.name, f"{out.path} is not the one that dvc.lock names{_advice(stage)}")
        return None


def _advice(stage: Stage) -> str:
    return f"; it is frozen, so that dvc repro leaves it out: dvc unfreeze {stage.name} first" if stage.frozen else ""
