"""Shared by all measurements: made projects, timed commands, and figures with their goals."""

from __future__ import annotations

import functools
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
SCRATCH = TEMPLATE / "build" / "bench"
PROJECT = SCRATCH / "bench"


@dataclass(frozen=True)
class Figure:
    """One line of RESULTS.md. `sides` holds every repetition; the value of two sides is the ratio of their medians."""

    what: str
    sides: dict[str, list[float]]
    unit: str = "s"
    goal: float | None = None
    why: str = ""

    @property
    def ratio(self) -> bool:
        """Whether two sides are compared."""
        return len(self.sides) == 2

    @property
    def value(self) -> float:
        """The ratio of the first side's median to the second's, or the only side's median."""
        medians = [statistics.median(runs) for runs in self.sides.values()]
        return medians[0] / medians[1] if self.ratio else medians[0]

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None if there is none, or if the runs leave it open.

        They leave it open if best and worst runs disagree, or if one of two sides ran only once.
        """
        runs = list(self.sides.values())
        if self.goal is None or (self.ratio and min(map(len, runs)) < 2):
            return None
        best = min(runs[0]) / (max(runs[1]) if self.ratio else 1)
        worst = max(runs[0]) / (min(runs[1]) if self.ratio else 1)
        return True if worst <= self.goal else False if best > self.goal else None

    def as_json(self) -> dict[str, Any]:
        """The figure as results.json holds it."""
        return {**asdict(self), "value": round(self.value, 3), "met": self.met}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Figure:
        """Read back what `as_json` gave."""
        return cls(**{key: value for key, value in found.items() if key not in ("value", "met")})


@dataclass
class Group:
    """Results of a group of measurements: figures, and tables that explain them."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    # Average number of running or waiting programs in the minute before: they slow down the measurement.
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 1))

    def as_json(self) -> dict[str, Any]:
        """The group as results.json holds it."""
        return {**asdict(self), "figures": [figure.as_json() for figure in self.figures]}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Group:
        """Read back what `as_json` gave."""
        return cls(**{**found, "figures": [Figure.from_json(figure) for figure in found["figures"]]})


def timed(command: Iterable[object], folder: Path, environment: dict[str, str] | None = None) -> float:
    """Seconds that a command takes; its output is shown only if it fails."""
    begun = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        raise SystemExit(f"benchmarks: {command} failed\n{done.stdout}")
    return seconds


def side_by_side(sides: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Seconds of every repetition; the sides take turns, so that a busy minute of the machine affects all of them.

    No further turn begins after eight minutes.
    """
    runs: dict[str, list[float]] = {name: [] for name in sides}
    begun = time.perf_counter()
    for number in range(repeats):
        if time.perf_counter() - begun > 480:
            break
        for name, measure in sides.items():
            runs[name].append(round(measure(), 3))
            print(f"  {number + 1}/{repeats} {name}: {runs[name][-1]:.2f} s", flush=True)
    return runs


def bake(parent: Path, template: Path = TEMPLATE, *answers: str) -> float:
    """Make a project below a folder; returns the seconds it took."""
    parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input", "--output-dir", str(parent)]
    return timed([*command, *answers], SCRATCH)


@functools.cache
def project() -> Path:
    """The project that is measured, made anew from the template, with its environment."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    bake(SCRATCH, TEMPLATE, "project_name=Bench", "module_name=bench")
    timed(["make", "env"], PROJECT, environment())
    return PROJECT


def environment(**more: str) -> dict[str, str]:
    """The environment of a person who works in the measured project."""
    return inside(PROJECT) | more


def inside(folder: Path) -> dict[str, str]:
    """The environment of a person who works in a project: its programs first, bytecode written."""
    result = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    result["PATH"] = f"{folder / '.venv' / 'bin'}{os.pathsep}{result['PATH']}"
    # DVC also keeps hashes outside the project. They are kept here, so that a cold run can delete them.
    result["DVC_SITE_CACHE_DIR"] = str(SCRATCH / "dvc-site")
    return result


def machine() -> dict[str, Any]:
    """The machine of the measurements."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"cores": os.cpu_count(), "cpu": cpu, "python": sys.version.split()[0]}
