"""The pipeline again under other circumstances: does any result hang on them?"""

from __future__ import annotations

from dataclasses import replace

from mlops.prove import causes
from mlops.prove.causes import PLACE
from mlops.prove.outputs import judge
from mlops.prove.proof import Cause, Perturbation
from mlops.prove.repository import Step
from mlops.prove.rerun import Context, Factor, StageRun, rerun, transfer
from mlops.stage import THREAD_VARIABLES


def perturb(context: Context, steps: list[Step], runs: dict[str, StageRun]) -> tuple[list[Perturbation], list[Cause]]:
    """Rerun elsewhere with another hash seed, time zone, locale and order of folders; then with other threads.

    Returns:
        One line for each circumstance, and why a result hangs on one.
    """
    room, outs = context.room, [out.path for out in context.pipeline.outs()]
    first = room.folder / "scratch" / "before"
    transfer(outs, room.root, first)
    before = {path: value for found in runs.values() for path, value in found.hashes.items()}

    print("again in another folder, with another hash seed, time zone, locale and order of folders", flush=True)
    room.refresh(context.known)
    again = rerun(context, steps, *PLACE)
    guilty, why = attribute(context, again, before)
    untried = "all the same bytes" if not guilty else f"{why[0].stage} gives the same bytes"
    lines = [
        Perturbation(
            what=factor.name,
            value=factor.value,
            held=factor.name not in guilty,
            detail=guilty.get(factor.name, untried),
        )
        for factor in PLACE
    ]
    usual = int(room.variables(False)[THREAD_VARIABLES[0]])
    other = 1 if usual > 1 else 2
    value = f"{other} instead of {usual}"
    print(f"again with {value} threads", flush=True)
    transfer(outs, room.root, room.folder / "scratch" / "again")
    room.refresh(context.known)
    again = rerun(context, steps, Factor("threads", value, "thread-count", dict.fromkeys(THREAD_VARIABLES, str(other))))
    # What the first rerun gave counts here, whether or not it is what was committed.
    steps = [replace(step, outs=tuple(replace(out, recorded=before[out.path]) for out in step.outs)) for step in steps]
    outputs = judge(steps, again, room.root, lambda out: first / out.path, elsewhere=True)
    bad = [out for out in outputs if out.verdict not in ("EXACT", "WITHIN TOLERANCE")]
    within = sum(out.verdict == "WITHIN TOLERANCE" for out in outputs)
    detail = (
        f"{bad[0].path}: {bad[0].detail}"
        if bad
        else f"{len(outputs) - within} outputs the same bytes, {within} within what is declared"
    )
    lines.append(Perturbation(what="threads", value=value, held=not bad, detail=detail))
    if bad:
        why.append(causes.cause("thread-count", bad[0].stage, f"{bad[0].path}: {bad[0].detail}"))
    return lines, why


def attribute(
    context: Context, again: dict[str, StageRun], before: dict[str, str | None]
) -> tuple[dict[str, str], list[Cause]]:
    """Which circumstances the first stage hangs on that came out otherwise; that stage runs once more for each."""
    for found in again.values():
        other = [path for path, value in found.hashes.items() if value != before[path]]
        if not other:
            continue
        name = found.step.name
        guilty: dict[str, str] = {}
        why: list[Cause] = []
        for factor in PLACE:
            context.room.refresh(context.known)
            alone = rerun(context, [found.step], factor)
            if any(alone[name].hashes[path] != before[path] for path in other):
                detail = f"{', '.join(other)} of {name}" + (" (the stage fails)" if alone[name].failed else "")
                guilty[factor.name] = detail
                why.append(causes.cause(factor.cause, name, detail))
        if guilty:
            return guilty, why
        return {PLACE[0].name: f"{', '.join(other)} of {name}"}, [causes.cause("varies", name, ", ".join(other))]
    return {}, []
