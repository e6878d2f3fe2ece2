"""Measure, and write RESULTS.md and results.json: python -m benchmarks [--quick] [GROUP ...].

Without names it measures every group. With names it measures those, and the others keep their results. --quick writes
below build/bench instead: it only shows that everything runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks import account, batch, daily, judge, pipeline, prove, rates, serving, showers, table, tuning
from benchmarks.bench import HERE, SCRATCH, TEMPLATE, Figure, Group, machine

GROUPS = {
    "making": daily.making,
    "starting": daily.starting,
    "installing": daily.installing,
    "pipeline": pipeline.whole,
    "training": pipeline.training,
    "showers": showers.showers,
    "table": table.table,
    "tuning": tuning.tuning,
    "serving": serving.serving,
    "batch": batch.batch,
    "rates": rates.rates,
    "account": account.account,
    "prove": prove.prove,
    "judge": judge.judge,
}


def line(figure: Figure) -> str:
    """The figure as a row of a table."""
    unit = "×" if figure.ratio else f" {figure.unit}"
    places = 2 if figure.ratio or figure.value < 10 else 0 if figure.unit == "MB" else 1
    goal = "" if figure.goal is None else f"≤ {figure.goal:g}{unit}"
    met = {True: "yes", False: "**no**", None: "unclear" if goal else ""}[figure.met]
    runs = [f"{name} {statistics.median(values):.2f}" for name, values in figure.sides.items()]
    medians = f"{' / '.join(runs)} {figure.unit}, {len(next(iter(figure.sides.values())))} ×"
    return f"| {figure.what} | {figure.value:.{places}f}{unit} | {medians} | {goal} | {met} |"


def missed(figure: Figure) -> str:
    """A sentence on a missed goal, by how much and why, or on a goal that the runs leave open."""
    assert figure.goal is not None
    if figure.met is None:
        runs = "; ".join(f"{name} {', '.join(map(str, values))}" for name, values in figure.sides.items())
        return f"Unclear: {figure.what}. Too few runs, or they differ too much: {runs} {figure.unit}. {figure.why}"
    return f"Missed: {figure.what}, by {figure.value / figure.goal - 1:.0%}. {figure.why}".rstrip()


def page(measured: dict[str, Group], on: dict[str, Any]) -> str:
    """RESULTS.md."""
    parts = [
        "# Measured",
        "Written by `make bench`. Two sides take turns on the same machine and the figure is the ratio of their "
        "medians; ratios hold elsewhere better than seconds, which are those of this machine: "
        f"{on['cores']} cores, {on['cpu']}, Python {on['python']}.",
    ]
    for group in measured.values():
        table = ["| what | measured | medians | goal | met |", "|---|---:|---|---|---|", *map(line, group.figures)]
        parts += [f"## {group.title}", "\n".join(table)]
        parts += [missed(figure) for figure in group.figures if figure.goal and not figure.met]
        parts += [*group.tables, f"Load of the machine as this began: {group.load} on {on['cores']} cores."]
    return "\n\n".join(parts) + "\n"


def write_page(target: Path) -> None:
    """RESULTS.md beside results.json."""
    found = json.loads(target.read_text(encoding="utf-8"))
    groups = {name: Group.from_json(group) for name, group in found["groups"].items()}
    target.with_name("RESULTS.md").write_text(page(groups, found["machine"]), encoding="utf-8")


def main() -> None:
    """Measure the groups asked for; the results are written after each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--quick", action="store_true", help="small and once: only shows that everything runs")
    options = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = SCRATCH if options.quick else HERE
    target = folder / "results.json"
    known = json.loads(target.read_text(encoding="utf-8"))["groups"] if target.is_file() else {}
    measured = {name: Group.from_json(known[name]) for name in GROUPS if name in known}
    for name in options.groups or GROUPS:
        print(name, flush=True)
        measured[name] = GROUPS[name](options.quick)
        measured = {name: measured[name] for name in GROUPS if name in measured}
        groups = {name: group.as_json() for name, group in measured.items()}
        text = json.dumps({"machine": machine(), "groups": groups}, indent=1, ensure_ascii=False)
        target.write_text(text + "\n", encoding="utf-8")
        write_page(target)
    print(f"see {(folder / 'RESULTS.md').relative_to(TEMPLATE)}")


if __name__ == "__main__":
    main()
