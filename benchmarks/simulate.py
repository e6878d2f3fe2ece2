"""How often chance alone passes the gate or raises an alarm, and which shifts are found: python simulate.py N FIGURE.

Runs in the folder and environment of a made project, trained on two classes. Prints JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import ks_2samp

from probado.life.watch.drift import shifts
from probado.life.watch.profile import Profile, column_of

CONFIDENCE, TEST_ROWS, TRAINED, WINDOW = 0.95, 400, 1000, 300
# Shifts of the mean, in standard deviations.
SHIFTS = np.linspace(0, 0.6, 13)


def passed(known: Any, draw: np.random.Generator) -> bool:
    """Whether the gate lets a model pass that is exactly as good as the champion, on test rows drawn anew."""
    target, classes = known.config.data.target, known.fitted.problem.classes
    codes = draw.integers(0, 2, TEST_ROWS)
    rows = pd.DataFrame({target: np.array(classes)[codes]})
    again = replace(known, rows=rows, places=rows.index, test=rows)

    def predicted() -> pd.DataFrame:
        share = 1 / (1 + np.exp(-draw.normal(2 * codes - 1, 1.2)))
        return pd.DataFrame({"predicted": rows[target], f"p({classes[0]})": 1 - share, f"p({classes[1]})": share})

    return bool(again.lead("roc_auc", predicted(), predicted(), CONFIDENCE)["low"] > 0)


def window(draw: np.random.Generator, rows: int) -> Profile:
    """A profile of rows with two numbers and a category, none of which depends on another."""
    columns = {"normal": draw.normal(size=rows), "exponential": draw.exponential(size=rows)}
    found = {name: column_of(pd.Series(values), True) for name, values in columns.items()}
    found["letter"] = column_of(pd.Series(draw.choice(list("uvw"), rows, p=[0.5, 0.3, 0.2])), False)
    return Profile(rows=rows, inputs=found, predictions={})


def alarm(before: Profile, now: Profile) -> bool:
    """Whether make monitor calls the rows changed."""
    return any(one.drifted for one in shifts(before, now, CONFIDENCE, 0.0))


def power(draw: np.random.Generator, count: int) -> dict[str, list[float]]:
    """The share of windows with a shifted column that are found: by make monitor, and by scipy's test of all rows."""
    found: dict[str, list[float]] = {"make monitor": [], "scipy": []}
    for shift in SHIFTS:
        ours = theirs = 0
        for _ in range(count):
            before, now = draw.normal(size=TRAINED), draw.normal(shift, 1, WINDOW)
            profiles = [
                Profile(rows=len(one), inputs={"x": column_of(pd.Series(one), True)}, predictions={})
                for one in (before, now)
            ]
            ours += alarm(*profiles)
            theirs += ks_2samp(before, now).pvalue < 1 - CONFIDENCE
        found["make monitor"].append(ours / count)
        found["scipy"].append(theirs / count)
    return found


def draw_power(found: dict[str, list[float]], path: Path) -> None:
    """The power against the size of the shift."""
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    axes.plot(SHIFTS, found["make monitor"], "o-", label="make monitor")
    axes.plot(SHIFTS, found["scipy"], "k--", label="scipy.stats.ks_2samp")
    axes.axhline(1 - CONFIDENCE, color="grey", linewidth=0.8)
    axes.set(xlabel="shift of the mean (standard deviations)", ylabel="share of windows with an alarm", ylim=(0, 1.02))
    axes.set_title(f"{WINDOW} rows beside a reference of {TRAINED}", fontsize=10)
    axes.legend(frameon=False)
    plt.rcParams["svg.hashsalt"] = "power"
    figure.savefig(path, metadata={"Date": None})


def main(count: int, path: Path) -> None:
    """Simulate everything so many times, and write the figure."""
    draw, known = np.random.default_rng(1), importlib.import_module("bench.modeling.compare").comparison()
    gates = sum(passed(known, draw) for _ in range(count))
    alarms = sum(alarm(window(draw, TRAINED), window(draw, WINDOW)) for _ in range(count))
    found = power(draw, max(count // 10, 2))
    draw_power(found, path)
    print(json.dumps({"gates": gates / count, "alarms": alarms / count, "shifts": SHIFTS.tolist(), "power": found}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
