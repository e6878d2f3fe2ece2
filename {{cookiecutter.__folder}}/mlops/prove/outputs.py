"""The verdict on every output of the pipeline: what came out beside what dvc.lock has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mlops.prove.compare import Rule, compare
from mlops.prove.proof import Output
from mlops.prove.repository import Out, Step
from mlops.prove.rerun import StageRun

Reference = Callable[[Out], Path | None]


def judge(
    steps: Iterable[Step], runs: dict[str, StageRun], root: Path, reference: Reference, elsewhere: bool
) -> list[Output]:
    """Compare every output in `root` with a reference: what was committed, or what an earlier rerun gave.

    Elsewhere, on another kind of processor or number of threads, what dvc.yaml declares for it counts, and other
    bytes that it declares nothing for are told as such.
    """
    judged: dict[str, Output] = {}
    waiting: dict[str, str] = {}
    for step in steps:
        for out in step.outs:
            judged[out.path] = one = judge_one(out, runs.get(step.name), root, reference, elsewhere)
            rule = rule_of(out, elsewhere)
            if rule.by and one.verdict == "FAIL" and one.found is not None:
                waiting[out.path] = rule.by
    # The last first: it may be what an earlier one goes by.
    for path, by in reversed(waiting.items()):
        if by in judged:
            verdict = "WITHIN TOLERANCE" if judged[by].verdict == "EXACT" else judged[by].verdict
            judged[path] = judged[path].model_copy(update={"verdict": verdict, "detail": f"as {by}"})
    return list(judged.values())


def rule_of(out: Out, elsewhere: bool) -> Rule:
    """How an output is compared here."""
    return out.elsewhere if elsewhere and out.elsewhere else out.same


def judge_one(out: Out, ran: StageRun | None, root: Path, reference: Reference, elsewhere: bool) -> Output:
    """Compare one output; one that goes by another fails for now."""
    rule = rule_of(out, elsewhere)
    found = ran.hashes.get(out.path) if ran else None

    def told(verdict: Any, detail: str = "") -> Output:
        return Output(
            path=out.path,
            stage=out.stage,
            verdict=verdict,
            recorded=out.recorded,
            found=found,
            compared=str(rule),
            detail=detail,
        )

    if ran is None:
        return told("INCONCLUSIVE", "not reached: an earlier stage failed")
    if ran.failed:
        unsure = ran.step.source or ran.online or ran.disk_full
        return told(
            "INCONCLUSIVE" if unsure else "FAIL",
            "the stage did not write it" if found is None else "the stage failed",
        )
    if out.recorded is None:
        return told("INCONCLUSIVE", "dvc.lock has no hash of it")
    if found == out.recorded:
        return told("EXACT")
    if rule.by:
        return told("FAIL", f"no output {rule.by} to go by")
    if str(rule) == "bytes":
        return told("OTHER BYTES" if elsewhere else "FAIL", "other bytes")
    there = reference(out)
    if there is None:
        return told("INCONCLUSIVE", "other bytes, and the committed ones are not here to compare with: dvc pull")
    result = compare(there, root / out.path, rule)
    return told("WITHIN TOLERANCE" if result.agree else "FAIL", result.detail)
