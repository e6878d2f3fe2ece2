"""The page of a look: each column as it was and as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from probado.evidence.page import write_file
from probado.life.watch.profile import Column, Profile

PAGE = Path(".life/monitor.html")
# Size of a picture, values of a category in it.
WIDTH, HEIGHT, VALUES = 220, 60, 8


def write_page(root: Path, look: dict[str, Any], before: Profile, now: Profile) -> Path:
    """Write the page; returns its path below the project's folder."""
    for shift in look["shifts"]:
        old, new = _columns(before, shift), _columns(now, shift)
        shift["curves"] = _curves(old, new) if old and new and old.numbers and new.numbers else None
        shift["bars"] = _bars(old, new) if old and new and old.counts and new.counts else None
    write_file(root / PAGE, str(_template().render(look=look, width=WIDTH, height=HEIGHT)))
    return PAGE


@cache
def _template() -> Any:
    import jinja2

    folder = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    pages = jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return pages.get_template("monitor.html")


def _columns(profile: Profile, shift: dict[str, Any]) -> Column | None:
    columns = {"input": profile.inputs, "prediction": profile.predictions}.get(shift["part"])
    return columns.get(shift["column"]) if columns is not None else profile.errors


def _curves(old: Column, new: Column) -> list[str]:
    """The cumulative shares of both as points of SVG."""
    both = np.array([*(old.numbers or []), *(new.numbers or [])])
    low, high = both.min(), both.max()
    found = []
    for column in (old, new):
        values = np.asarray(column.numbers)
        levels = np.linspace(0, 1, 101)
        places = (np.quantile(values, levels) - low) / ((high - low) or 1)
        points = zip(places * WIDTH, HEIGHT * (1 - levels), strict=True)
        found.append(" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    return found


def _bars(old: Column, new: Column) -> list[dict[str, Any]]:
    """The shares of the most frequent values of both."""
    counts = [one.counts or {} for one in (old, new)]
    totals = [max(sum(one.values()), 1) for one in counts]
    names = sorted(counts[0].keys() | counts[1].keys(), key=lambda name: -max(one.get(name, 0) for one in counts))
    return [
        {"name": name, "shares": [100 * one.get(name, 0) / total for one, total in zip(counts, totals, strict=True)]}
        for name in names[:VALUES]
    ]
