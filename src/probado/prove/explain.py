"""From what went wrong to a cause: what was seen first, then experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from probado.evidence.proof import CauseResult, Experiment
from probado.prove.causes import all_causes
from probado.prove.causes.base import Cause, Failure
from probado.prove.causes.error import StageError
from probado.prove.circumstances import Circumstance
from probado.prove.difference import describe
from probado.prove.laboratory import Difference, Laboratory, Unsteady
from probado.prove.rerun import Bench, StageRun
from probado.repository.committed import CommittedContent
from probado.repository.pipeline import Pipeline


def first_answer(ask: Callable[[Cause], str | None]) -> tuple[Cause, str] | None:
    """The first cause that answers a question, with its detail."""
    return next(((cause, detail) for cause in all_causes() if (detail := ask(cause)) is not None), None)


def other_place(bench: Bench) -> Iterator[tuple[Cause, Circumstance]]:
    """Each circumstance that a rerun in another place changes here, with the cause that it reveals."""
    for cause in all_causes():
        if cause.perturbs and not cause.perturbs.lacks(bench.room.network.method):
            yield cause, cause.perturbs


def not_tried(bench: Bench) -> list[str]:
    """The circumstances of another place that cannot be tried here, each with the reason."""
    method = bench.room.network.method
    found = [(cause.perturbs, cause.perturbs.lacks(method)) for cause in all_causes() if cause.perturbs]
    return [f"{one.name} could not be tried, because {reason}" for one, reason in found if reason]


def contradiction(pipeline: Pipeline, root: Path) -> CauseResult | None:
    """The first contradiction between dvc.lock and a fresh clone, found before anything runs."""
    order = [stage.name for stage in pipeline.stages]
    found = [(cause, finding) for cause in all_causes() if (finding := cause.in_commit(pipeline, root))]
    if not found:
        return None
    cause, finding = min(found, key=lambda pair: order.index(pair[1].stage))
    return cause.result(finding.stage, finding.detail)


def broken_rules(run: StageRun) -> list[CauseResult]:
    """The rules that a stage broke while it ran, whether or not it succeeded."""
    return [cause.result(run.stage.name, detail) for cause in all_causes() if (detail := cause.in_run(run))]


def between_stages(pipeline: Pipeline, runs: dict[str, StageRun]) -> CauseResult | None:
    """The first contradiction between entries of dvc.lock."""
    for cause in all_causes():
        if found := cause.between_stages(pipeline, runs):
            return cause.result(found.stage, found.detail)
    return None


def of_failure(bench: Bench, run: StageRun) -> CauseResult:
    """Why a stage failed."""
    failure = Failure(bench, run)
    found = first_answer(lambda cause: cause.in_failure(failure))
    found = found or first_answer(lambda cause: cause.in_failure_by_rerun(failure))
    assert found, "the last cause answers every failure"
    cause, detail = found
    return cause.result(run.stage.name, detail)


def of_difference(
    bench: Bench, first: StageRun, outputs: list[str], committed: CommittedContent, drifted: list[str]
) -> tuple[CauseResult, dict[str, list[str]]]:
    """Why a stage gave other outputs than were committed.

    Args:
        bench: the room and its pipeline.
        first: the first run of the stage.
        outputs: those that differ.
        committed: where recorded bytes are on this machine.
        drifted: packages of the project's environment that are not as locked.

    Returns:
        The cause, and what differs in each output, in lines.
    """
    name = first.stage.name
    with Laboratory(bench, first, outputs) as lab:
        difference = Difference(lab, committed, drifted)
        lines = dict(difference.lines)
        found = first_answer(lambda cause: cause.in_content(difference))
        try:
            if not found and lab.repeat() not in (None, lab.before):
                raise Unsteady
            found = found or first_answer(lambda cause: cause.in_steady(difference))
        except Unsteady:
            for path, (one, other) in zip(outputs, lab.first_and_latest(), strict=True):
                lines.setdefault(path, describe(one, other))
            found = _varying(lab)
    found = found or first_answer(lambda cause: cause.in_the_end(difference))
    assert found, "the last cause answers every difference"
    cause, detail = found
    shown = "; ".join(f"{path}: {line}" for path, told in lines.items() for line in told[:1])
    return cause.result(name, detail or shown, lab.experiments), lines


def of_variation(bench: Bench, first: StageRun, outputs: list[str]) -> CauseResult | None:
    """Why a stage gives something else on every run; None where it does not."""
    with Laboratory(bench, first, outputs) as lab:
        after = lab.repeat()
        if after == lab.before:
            return None
        cause, detail = (StageError(), "") if after is None else _varying(lab)
    return cause.result(first.stage.name, detail or ", ".join(outputs), lab.experiments)


def _varying(lab: Laboratory) -> tuple[Cause, str]:
    found = first_answer(lambda cause: cause.in_variation(lab))
    assert found, "the last cause answers every variation"
    return found


def diagnose(bench: Bench, first: StageRun) -> list[Experiment]:
    """Try every circumstance on one stage: what does it depend on?"""
    with Laboratory(bench, first, [path for path, value in first.hashes.items() if value]) as lab:
        try:
            if lab.repeat() not in (None, lab.before):
                raise Unsteady
            for circumstance in (one for cause in all_causes() if (one := cause.perturbs or cause.tries)):
                lab.changes(circumstance)
        except Unsteady:
            lab.note("because", _varying(lab)[0].name)
        return lab.experiments


def after_all(bench: Bench, runs: dict[str, StageRun]) -> list[CauseResult]:
    """What is wrong although every stage succeeded and every output is as committed."""
    found = [(cause, finding) for cause in all_causes() for finding in cause.after_all(bench, runs)]
    return [cause.result(finding.stage, finding.detail) for cause, finding in found]
