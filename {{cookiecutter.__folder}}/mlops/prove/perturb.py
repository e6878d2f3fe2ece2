"""The pipeline again under other circumstances: does any result hang on them?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlops.prove import causes
from mlops.prove.causes import PLACE
from mlops.prove.outputs import judge
from mlops.prove.proof import Cause, Perturbation
from mlops.prove.repository import Out, Step
from mlops.prove.rerun import Context, StageRun, rerun, start_clean
from mlops.stage import THREAD_VARIABLES


def perturb(
    context: Context,
    steps: list[Step],
    runs: dict[str, StageRun],
    method: str,
    tell: Callable[[StageRun], None],
) -> tuple[list[Perturbation], list[Cause]]:
    """Rerun elsewhere with another hash seed, time zone, locale and order of folders; then with other threads.

    Returns:
        One line for each circumstance, and why a result hangs on one.
    """
    room = context.room
    first = room.folder / "scratch" / "before"
    for out in context.pipeline.outs():
        if (room.root / out.path).exists():
            (first / out.path).parent.mkdir(parents=True, exist_ok=True)
            (room.root / out.path).rename(first / out.path)
    before = {path: value for found in runs.values() for path, value in found.hashes.items()}

    def content(out: Out) -> Path | None:
        return first / out.path

    print("again in another folder, with another hash seed, time zone, locale and order of folders", flush=True)
    room.refresh(context.known)
    room.move("elsewhere/under_another_name")
    again = rerun(context, steps, method, tell, **causes.given(*PLACE))
    room.move("clone")
    guilty, why = attribute(context, again, before, method, tell)
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
    print(f"again with {other} instead of {usual} threads", flush=True)
    start_clean(room, context.pipeline.outs())
    room.refresh(context.known)
    given = dict.fromkeys(THREAD_VARIABLES, str(other))
    with causes.threads(room.root, other):
        again = rerun(context, steps, method, tell, variables=given)
    outputs = judge(steps, again, room.root, content, elsewhere=True)
    bad = [out for out in outputs if out.verdict not in ("EXACT", "WITHIN TOLERANCE")]
    within = sum(out.verdict == "WITHIN TOLERANCE" for out in outputs)
    detail = (
        f"{bad[0].path}: {bad[0].detail}"
        if bad
        else f"{len(outputs) - within} outputs the same bytes, {within} within what is declared"
    )
    lines.append(Perturbation(what="threads", value=f"{other} instead of {usual}", held=not bad, detail=detail))
    if bad:
        why.append(causes.cause("thread-count", bad[0].stage, f"{bad[0].path}: {bad[0].detail}"))
    return lines, why


def attribute(
    context: Context,
    again: dict[str, StageRun],
    before: dict[str, str | None],
    method: str,
    tell: Callable[[StageRun], None],
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
            with causes.moved(context.room, factor is PLACE[0]):
                alone = rerun(context, [found.step], method, tell, **causes.given(factor))
            if any(alone[name].hashes[path] != before[path] for path in other):
                detail = f"{', '.join(other)} of {name}" + (" (the stage fails)" if alone[name].failed else "")
                guilty[factor.name] = detail
                why.append(causes.cause(factor.cause, name, detail))
        if guilty:
            return guilty, why
        return {PLACE[0].name: f"{', '.join(other)} of {name}"}, [causes.cause("varies", name, ", ".join(other))]
    return {}, []
