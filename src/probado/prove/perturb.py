"""The pipeline again under other circumstances: does any result depend on them?"""

from __future__ import annotations

from dataclasses import replace

from probado.contract import THREAD_VARIABLES
from probado.evidence.proof import CauseResult, Perturbation
from probado.prove.causes.thread_count import ThreadCount
from probado.prove.causes.varies import Varies
from probado.prove.circumstances import Circumstance
from probado.prove.explain import other_place
from probado.prove.outputs import compare_outputs
from probado.prove.rerun import Bench, StageRun, rerun
from probado.prove.surroundings import transfer
from probado.repository.pipeline import Stage

Runs = dict[str, StageRun]
Perturbed = tuple[list[Perturbation], list[CauseResult]]


def perturb(bench: Bench, stages: list[Stage], runs: Runs) -> Perturbed:
    """Rerun in another place, then with another number of threads.

    Args:
        bench: the room and its pipeline.
        stages: what to rerun.
        runs: the first rerun, which the others are compared with.

    Returns:
        One line for each circumstance, and why a result depends on one.
    """
    room = bench.room
    transfer(_outputs(bench), room.root, room.scratch / "before")
    in_other_place, why = _in_other_place(bench, stages, runs)
    transfer(_outputs(bench), room.root, room.scratch / "again")
    with_threads, why_threads = _with_other_threads(bench, stages, runs)
    return [*in_other_place, with_threads], [*why, *why_threads]


def _outputs(bench: Bench) -> list[str]:
    return [out.path for out in bench.pipeline.outs()]


def _hashes(runs: Runs) -> dict[str, str | None]:
    return {path: value for run in runs.values() for path, value in run.hashes.items()}


def _in_other_place(bench: Bench, stages: list[Stage], runs: Runs) -> Perturbed:
    """Rerun with all circumstances of another place at once; where something changes, find which of them does it."""
    place = [circumstance for _, circumstance in other_place(bench)]
    print(f"again in another place: {', '.join(one.name for one in place)}", flush=True)
    bench.refresh()
    guilty, why = _attribute(bench, rerun(bench, stages, *place), _hashes(runs))
    unchanged = f"{why[0].stage} gives the same bytes" if guilty else "all the same bytes"
    if why and not guilty:
        unchanged = f"{why[0].stage} varies by itself"
    lines = [
        Perturbation(
            what=one.name,
            value=one.told(bench.room),
            held=one.name not in guilty,
            detail=guilty.get(one.name, unchanged),
        )
        for one in place
    ]
    if why and not guilty:
        lines.append(Perturbation(what="another run", value="nothing else", held=False, detail=why[0].detail))
    return lines, why


def _attribute(bench: Bench, again: Runs, before: dict[str, str | None]) -> tuple[dict[str, str], list[CauseResult]]:
    """Find which circumstances changed the first stage that came out otherwise; it runs once more for each.

    Returns:
        Details by name of the circumstance, and the causes.
    """
    for name, run in again.items():
        changed = [path for path, value in run.hashes.items() if value != before[path]]
        if not changed:
            continue
        guilty: dict[str, str] = {}
        why: list[CauseResult] = []
        for cause, circumstance in other_place(bench):
            bench.refresh()
            alone = rerun(bench, [run.stage], circumstance)[name]
            if any(alone.hashes[path] != before[path] for path in changed):
                detail = f"{', '.join(changed)} of {name}" + (" (the stage fails)" if alone.failed else "")
                guilty[circumstance.name] = detail
                why.append(cause.result(name, detail))
        if guilty:
            return guilty, why
        return {}, [Varies.result(name, f"{', '.join(changed)} of {name}")]
    return {}, []


def _with_other_threads(bench: Bench, stages: list[Stage], runs: Runs) -> tuple[Perturbation, list[CauseResult]]:
    """Rerun with another number of threads: what dvc.yaml declares for elsewhere is allowed."""
    usual = bench.room.threads
    other = 1 if usual > 1 else 2
    value = f"{other} instead of {usual}"
    print(f"again with {value} threads", flush=True)
    bench.refresh()
    again = rerun(bench, stages, Circumstance("threads", value, dict.fromkeys(THREAD_VARIABLES, str(other))))
    # The first rerun counts here, whether or not it gave what was committed.
    before, first = _hashes(runs), bench.room.scratch / "before"
    stages = [
        replace(stage, outs=tuple(replace(out, recorded=before[out.path]) for out in stage.outs)) for stage in stages
    ]
    results = compare_outputs(stages, again, bench.room.root, lambda out: first / out.path, elsewhere=True)
    bad = [out for out in results if out.verdict not in ("EXACT", "WITHIN TOLERANCE")]
    within = sum(out.verdict == "WITHIN TOLERANCE" for out in results)
    detail = f"{len(results) - within} outputs the same bytes, {within} within what is declared"
    if bad:
        detail = f"{bad[0].path}: {bad[0].detail}"
    why = [ThreadCount.result(bad[0].stage, detail)] if bad else []
    return Perturbation(what="threads", value=value, held=not bad, detail=detail), why
