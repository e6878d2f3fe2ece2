"""prove --calibrate: how far numbers are off in perturbed reruns, as the `meta` to paste into dvc.yaml."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from probado.prove.circumstances import ONE_THREAD
from probado.prove.contents import Unreadable, read_contents
from probado.prove.explain import other_place
from probado.prove.numbers import distance, is_numeric, spread
from probado.prove.rerun import Bench, rerun
from probado.prove.surroundings import transfer
from probado.repository.committed import CommittedContent
from probado.repository.pipeline import Output, Stage

# A tolerance is so many times the largest difference that was seen: the next rerun may be the one that is further off.
MARGIN = 2


@dataclass
class Measured:
    """How far one output was off, by column, and what no tolerance covers."""

    # Largest absolute and relative difference, and largest committed value.
    columns: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    other: str = ""


def calibrate(bench: Bench, committed: CommittedContent, stages: list[Stage], widest: float, reruns: int) -> list[str]:
    """Rerun again and again, as usual, in another place and with one thread; returns lines for people.

    Args:
        bench: the room and its pipeline.
        committed: where recorded bytes are on this machine.
        stages: what to rerun.
        widest: the widest tolerance to give, as a part of the largest value of a column.
        reruns: how often.
    """
    place = [circumstance for _, circumstance in other_place(bench)]
    outs = [out for stage in stages for out in stage.outs]
    first, measured = bench.room.scratch / "before", {out.path: Measured() for out in outs}
    transfer([out.path for out in outs], bench.room.root, first)
    for number in range(reruns):
        print(f"calibration, {number + 1} of {reruns}", flush=True)
        bench.refresh()
        runs = rerun(bench, stages, *((), place, (ONE_THREAD,))[number % 3])
        found = {path: value for run in runs.values() for path, value in run.hashes.items()}
        for out in outs:
            if found.get(out.path) != out.recorded:
                _measure(measured[out.path], committed.path_of(out), bench.room.root / out.path)
    transfer([out.path for out in outs], first, bench.room.root)
    return list(_lines(outs, measured, widest))


def _measure(measured: Measured, before: Path | None, now: Path) -> None:
    """Note how far an output is off in one rerun."""
    if before is None or not now.exists():
        measured.other = "the committed bytes are not here: dvc pull" if before is None else "a rerun did not write it"
        return
    try:
        here, there = read_contents(before), read_contents(now)
        if here.keys() != there.keys():
            measured.other = f"{min(here.keys() ^ there.keys())} is in one of two reruns only"
            return
        for name, values in here.items():
            off = spread(values, there[name]) if is_numeric(values) and is_numeric(there[name]) else None
            if off is None and distance(values, there[name]) != 0:
                measured.other = f"{name} holds other values that are no numbers, or gaps"
            elif off:
                column = name.rpartition(":")[2]
                largest = measured.columns.get(column, (0.0, 0.0, 0.0))
                measured.columns[column] = tuple(map(max, largest, off))  # type: ignore[assignment]
    except Unreadable as error:
        measured.other = str(error)


def _lines(outs: list[Output], measured: dict[str, Measured], widest: float) -> Iterator[str]:
    """What to paste for each output that varies, or why nothing can be."""
    for out in outs:
        seen = measured[out.path]
        differing = {name: one for name, one in seen.columns.items() if one[0]}
        if seen.other:
            yield f"--calibrate: {out.path} ({out.stage}): no tolerance covers it: {seen.other}"
        elif differing:
            columns = {name: _tolerance(*one[:2], widest) for name, one in differing.items()}
            wide = [name for name, one in differing.items() if MARGIN * one[0] > widest * one[2]]
            if wide:
                off, _, largest = differing[wide[0]]
                needed = MARGIN * off
                part = f"{needed / largest:.2g} of its largest value" if largest else f"{needed:.2g} beside 0"
                yield f"--calibrate: {out.path} ({out.stage}): {wide[0]} needs {part}, more than {widest:g}"
            else:
                declared = [{out.path: {"meta": {"compare": {"columns": columns}}}}]
                entry = yaml.safe_dump(declared, default_flow_style=True, width=math.inf)
                yield f"--calibrate: outs of {out.stage}: {' '.join(entry.split())}"
        else:
            yield f"--calibrate: {out.path} ({out.stage}): all reruns gave the committed bytes"


def _tolerance(off: float, relative: float, widest: float) -> dict[str, float]:
    """The tolerance for a column: relative, unless values near zero make that too wide for the others."""
    chosen = {"rtol": relative} if MARGIN * relative <= widest else {"atol": off}
    return {name: _rounded_up(MARGIN * value) for name, value in chosen.items()}


def _rounded_up(value: float) -> float:
    """A number with two digits that is not smaller."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(json.loads(f"{math.ceil(value / step) * step:.1e}"))
