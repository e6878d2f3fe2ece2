"""dvc.lock was written where lines end otherwise, as on Windows."""

from __future__ import annotations

from pathlib import Path

from probado.prove.causes.base import Cause, Finding
from probado.prove.laboratory import Difference
from probado.repository.dvc import content_hash
from probado.repository.paths import overlaps
from probado.repository.pipeline import Pipeline


class LineEndings(Cause):
    name = "line-endings"
    says = "the recorded hashes are of files whose lines end with CR LF, as on Windows, and git has them with LF"
    fix = (
        "write * text=auto eol=lf into .gitattributes, then git add --renormalize ., git checkout-index --force --all, "
        "dvc repro, and commit"
    )
    rank = 85

    def in_commit(self, pipeline: Pipeline, root: Path) -> Finding | None:
        written = pipeline.paths()
        for stage in (stage for stage in pipeline.stages if stage.recorded):
            read = {path: known for path, known in stage.deps.items() if not overlaps(path, written)}
            read |= {out.path: (out.algorithm, out.recorded) for out in stage.outs if not out.cached}
            wrong = [path for path, known in read.items() if content_hash(root, path, known[0]) not in (None, known[1])]
            if wrong and all(_with_crlf(root, path, *read[path]) for path in wrong):
                return Finding(stage.name, ", ".join(wrong))
        return None

    def in_content(self, difference: Difference) -> str | None:
        kept = difference.lab.kept
        if all(_with_crlf(kept, out.path, out.algorithm, out.recorded) for out in difference.outs):
            return ", ".join(out.path for out in difference.outs)
        return None


def _with_crlf(root: Path, path: str, algorithm: str, recorded: str | None) -> bool:
    return recorded is not None and content_hash(root, path, algorithm, crlf=True) == recorded
