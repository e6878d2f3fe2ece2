"""Waiting times of a user: making a project, its environment, the start of each stage, a run without changes."""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks import pipeline
from benchmarks.bench import SCRATCH, TEMPLATE, Figure, Group, bake, environment, project, side_by_side, timed


def making(quick: bool) -> Group:
    """Seconds to make a project; beside CCDS if its program is installed and CCDS_TEMPLATE names its template."""
    group = Group("Making a project")
    theirs = os.environ.get("CCDS_TEMPLATE")
    # Making one is mostly small files: on a slow disk the ratio is that of the files, in memory that of the programs.
    places = {"on disk": SCRATCH / "made", "in memory": Path("/dev/shm/made")}
    for place, folder in places.items():
        if not folder.parent.is_dir():
            continue

        def made(how: Callable[[], float], folder: Path = folder) -> float:
            shutil.rmtree(folder, ignore_errors=True)
            return how()

        sides = {"ours": functools.partial(made, functools.partial(bake, folder))}
        if theirs:
            ccds = ["ccds", Path(theirs).resolve(), "--no-input", "--output-dir", folder]
            sides["CCDS"] = functools.partial(made, functools.partial(timed, ccds, SCRATCH))
        runs = side_by_side(sides, 1 if quick else 15)
        shutil.rmtree(folder, ignore_errors=True)
        what = f"making a project {place}" + (", against CCDS" if theirs else "")
        group.figures.append(Figure(what, runs, goal=1.0 if theirs else None))
    if not theirs:
        group.tables.append(
            "Not compared with CCDS (goal: at most 1.0×): its package on the index holds only the command `ccds`, "
            "which clones the template. With that command on PATH and a clone: `CCDS_TEMPLATE=folder make bench`."
        )
    return group


def starting(quick: bool) -> Group:
    """Seconds of every stage on the base data, which need hardly any work, and of a run without changes."""
    group = Group("Start-up, and a run without changes, on the base data")
    folder, repeats = project(), 1 if quick else 5
    pipeline.unconfigure(folder)
    pipeline.cold(folder)
    commands = re.findall(r"(?m)^  (\w+):\n.*\n    cmd: (.*)$", (folder / "dvc.yaml").read_text(encoding="utf-8"))
    # A run by hand with an override that changes nothing writes below .runs/, so the next stage still finds its inputs.
    sides = {
        name: functools.partial(timed, [*command.split(), "seed=42"], folder, environment())
        for name, command in commands
    }
    for name, seconds in side_by_side(sides, repeats).items():
        group.figures.append(Figure(f"stage {name}, from its command to its end", {name: seconds}))
    unchanged = {
        "make reproduce": functools.partial(timed, ["make", "reproduce"], folder, environment()),
        "dvc repro": functools.partial(timed, ["dvc", "repro"], folder, environment()),
    }
    runs = side_by_side(unchanged, 1 if quick else 7)
    group.figures.append(Figure("make reproduce without changes, against dvc repro", runs, goal=1.2))
    return group


def installing(_: bool) -> Group:
    """Size and seconds of the environment: the base lock alone, and everything that make env installs."""
    group = Group("The environment")
    group.tables.append(
        "Packages come from where pip is configured to look, a mirror nearby in these runs; cold means an empty cache "
        "of uv. The seconds include making .venv and installing uv."
    )
    place, cache = SCRATCH / "installed", SCRATCH / "uv-cache"
    shutil.rmtree(place, ignore_errors=True)
    bake(place, TEMPLATE, "project_name=Installed", "module_name=installed")
    folder = place / "installed"
    variables = {**os.environ, "UV_CACHE_DIR": str(cache)}

    def install(command: str, empty: bool) -> float:
        shutil.rmtree(folder / ".venv", ignore_errors=True)
        if empty:
            shutil.rmtree(cache, ignore_errors=True)
        return timed(["sh", "-c", command], folder, variables)

    base = "import mlops.environment as e; e.DAILY = ('base', 'uv'); e.sync()"
    for name, command, goals in (
        ("base lock", f'"${{PYTHON:-python3.11}}" -c "{base}"', (30, 1000)),
        ("make env, developing included", "make env", (None, None)),
    ):
        sides = {
            "cold": functools.partial(install, command, empty=True),
            "warm": functools.partial(install, command, empty=False),
        }
        runs = side_by_side(sides, 1)
        group.figures.append(Figure(f"{name}, cold", {"cold": runs["cold"]}, goal=goals[0]))
        group.figures.append(Figure(f"{name}, warm", {"warm": runs["warm"]}))
        group.figures.append(Figure(f"{name}, size", {"size": [size(folder / ".venv")]}, unit="MB", goal=goals[1]))
    shutil.rmtree(place)
    shutil.rmtree(cache)
    return group


def size(folder: Path) -> float:
    """Megabytes (10^6 bytes) of a folder's files."""
    return round(sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6, 1)
