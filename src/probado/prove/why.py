"""Why a proof came out as it did: the causes, stage by stage, and what they leave undecided."""

from __future__ import annotations

from probado.evidence.proof import CauseResult, OutputResult
from probado.prove import explain
from probado.prove.findings import Findings
from probado.prove.rerun import Bench
from probado.repository.committed import CommittedContent


def why(
    bench: Bench, committed: CommittedContent, elsewhere: bool, packages: list[str], findings: Findings
) -> list[CauseResult]:
    """The causes of what went wrong, in the order of the stages.

    Every broken rule and every failed stage has one. Differences are explained up to the first, which may cause the
    later ones; experiments are made only where nothing was seen.
    """
    causes: list[CauseResult] = []
    contradiction = explain.between_stages(bench.pipeline, findings.runs)
    for name, run in findings.runs.items():
        broken = explain.broken_rules(run)
        if not broken and run.failed:
            # What could not be brought before explains it.
            broken = [] if _lacks_something(findings) else [explain.of_failure(bench, run)]
        elif not (broken or causes or contradiction):
            broken = of_differences(bench, committed, elsewhere, packages, findings, name)
        causes += broken
    if not causes and contradiction:
        return [contradiction]
    return causes if causes or findings.causes else explain.after_all(bench, findings.runs)


def of_differences(
    bench: Bench,
    committed: CommittedContent,
    elsewhere: bool,
    packages: list[str],
    findings: Findings,
    name: str,
) -> list[CauseResult]:
    """The cause of other outputs of one stage; what differs in each is added to the findings."""
    run = findings.runs[name]
    of_stage = [out for out in findings.outputs if out.stage == name]
    if elsewhere:
        other = [out.path for out in of_stage if out.found != out.recorded]
        cause = explain.of_variation(bench, run, other) if other else None
        return [cause] if cause else []
    differing = [out.path for out in of_stage if out.verdict == "FAIL"]
    if not differing:
        return []
    print(f"looking for the cause in {name}", flush=True)
    found, lines = explain.of_difference(bench, run, differing, committed, packages)
    findings.outputs = [out.model_copy(update={"differences": lines.get(out.path, [])}) for out in findings.outputs]
    return [found]


def undecided(findings: Findings) -> list[OutputResult]:
    """The outputs, of which those of a stage that failed for no fault of the project are undecided."""
    unsure = {cause.stage for cause in findings.causes if cause.inconclusive}
    failed = {name for name, run in findings.runs.items() if run.failed}
    undecided = failed if _lacks_something(findings) else failed & unsure
    return [
        out.model_copy(update={"verdict": "INCONCLUSIVE"}) if out.stage in undecided else out
        for out in findings.outputs
    ]


def _lacks_something(findings: Findings) -> bool:
    """Whether something could not be brought before any stage ran, such as a submodule."""
    return any(cause.inconclusive and cause.stage not in findings.runs for cause in findings.causes)
