"""The verdict on every output of the pipeline: what came out beside what dvc.lock has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from probado.evidence.proof import OutputResult, OutputVerdict
from probado.prove.compare import compare
from probado.prove.rerun import StageRun
from probado.repository.pipeline import Output, Stage
from probado.repository.rule import Rule

# Where the recorded bytes of an output are, None where they are not on this machine.
Reference = Callable[[Output], Path | None]


def compare_outputs(
    stages: Iterable[Stage],
    runs: dict[str, StageRun],
    root: Path,
    reference: Reference,
    elsewhere: bool,
    taken: Iterable[OutputResult] = (),
) -> list[OutputResult]:
    """Compare every output of a rerun with a reference.

    Args:
        stages: the pipeline in order.
        runs: what came of each stage.
        root: the project in the clone.
        reference: the bytes to compare with: committed ones, or those of an earlier rerun.
        elsewhere: this is another kind of processor or number of threads: rules declared for it apply, and other
            bytes without such a rule are reported as OTHER BYTES.
        taken: outputs of other stages that an earlier proof has.
    """
    results = {out.path: out for out in taken}
    judged_by: dict[str, str] = {}
    for stage in stages:
        for out in stage.outs:
            rule = _rule(out, elsewhere)
            result = _compare_output(out, rule, runs.get(stage.name), root, reference, elsewhere)
            results[out.path] = result
            if rule.by and result.verdict == "FAIL" and result.found is not None:
                judged_by[out.path] = rule.by
    # In reverse order, because an output may be judged by a later one that is itself judged by another.
    for path, by in reversed(judged_by.items()):
        if by in results:
            verdict = "WITHIN TOLERANCE" if results[by].verdict == "EXACT" else results[by].verdict
            results[path] = results[path].model_copy(update={"verdict": verdict, "detail": f"as {by}"})
    return list(results.values())


def _rule(out: Output, elsewhere: bool) -> Rule:
    return out.rule_elsewhere if elsewhere and out.rule_elsewhere else out.rule


def _compare_output(
    out: Output, rule: Rule, run: StageRun | None, root: Path, reference: Reference, elsewhere: bool
) -> OutputResult:
    """Compare one output. One that is judged by another fails for now."""
    found = run.hashes.get(out.path) if run else None
    verdict, detail = _verdict(out, rule, run, root, reference, elsewhere)
    return OutputResult(
        path=out.path,
        stage=out.stage,
        verdict=verdict,
        recorded=out.recorded,
        found=found,
        compared=str(rule),
        detail=detail,
    )


def _verdict(
    out: Output, rule: Rule, run: StageRun | None, root: Path, reference: Reference, elsewhere: bool
) -> tuple[OutputVerdict, str]:
    """The verdict on one output, and why."""
    if run is None:
        return "INCONCLUSIVE", "not reached: an earlier stage failed"
    found = run.hashes.get(out.path)
    if run.failed:
        return "FAIL", "the stage did not write it" if found is None else "the stage failed"
    if out.recorded is None:
        return "INCONCLUSIVE", "dvc.lock has no hash of it"
    if found == out.recorded:
        return "EXACT", ""
    if rule.by:
        return "FAIL", f"the output {rule.by} that judges it is missing"
    if str(rule) == "bytes":
        return "OTHER BYTES" if elsewhere else "FAIL", "other bytes"
    committed = reference(out)
    if committed is None:
        return "INCONCLUSIVE", "other bytes, and the committed ones are not here to compare with: dvc pull"
    comparison = compare(committed, root / out.path, rule)
    return "WITHIN TOLERANCE" if comparison.agree else "FAIL", comparison.detail
