"""The honest account: what the template costs in the worked example against one script, and what it gives."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from benchmarks.bench import HERE, SCRATCH, TEMPLATE, Figure, Group, bake, inside, side_by_side, timed

FOLDER = SCRATCH / "account"
PROJECT = FOLDER / "showers"
CLONE = FOLDER / "clone"
ENERGY = FOLDER / "energy"
TREE = TEMPLATE / "{{cookiecutter.__folder}}"
# Packages of the computation; the rest of the environment is DVC, MLflow, Hydra, their dependencies, and linters.
SCIENCE = ["joblib", "matplotlib", "pandas", "pyarrow", "scikit-learn", "tqdm", "xgboost", "xgboost-cpu", "pydantic"]
DEEP = ["torch", "skorch", "safetensors"]


def account(quick: bool) -> Group:
    """Seconds, memory, lines, megabytes and energy of the example with its network on traces."""
    group = Group("The honest account: what the template costs in the worked example, and what it gives")
    shutil.rmtree(FOLDER, ignore_errors=True)
    bake(FOLDER, TEMPLATE, "project_name=Showers", "starter=primary_particles", "deep_learning=torch")
    timed(["make", "env", "DEEP=cpu"], PROJECT)
    for choice in ("features=traces", "model=trace_network"):
        timed(["python", "-m", "mlops", "select", choice], PROJECT, inside(PROJECT))
    if quick:
        config = PROJECT / "configs" / "data" / "showers.yaml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("showers: 8000", "showers: 1600"), encoding="utf-8")
    git = ["git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost", "commit", "-qam", "On traces"]
    timed(git, PROJECT)
    memory: dict[str, list[float]] = {"pipeline": [], "script": []}
    runs = side_by_side(
        {"pipeline": functools.partial(pipeline, memory), "script": functools.partial(script, memory)},
        1 if quick else 3,
    )
    group.figures.append(Figure("from showers to the report, against one script that calls the same functions", runs))
    group.figures.append(Figure("largest memory of a process, against the script's", memory, "MiB"))
    again = {"script": runs["script"]}
    for what, change in (
        ("nothing changed", []),
        ("another learning rate", ["0.002", "0.003"]),
        ("the former one again", ["0.003", "0.002"]),
    ):
        seconds = [rerun(*change)]
        group.figures.append(Figure(f"a rerun where {what}, against the script", {what: seconds, **again}))
    group.tables += [lines(), sizes(), energy(quick), GAIN.format(outputs=same_bytes()).strip()]
    return group


GAIN = """\
What that buys, beside the reruns above: {outputs} on a second run in another folder; every result leads back to its
commit, data, parameters and environment by hashes; the test rows are out of the training's reach; a failed run leaves
the last good result in place. A bare script has none of these, and is the shorter way to a number that nobody will ask
about again.
"""


def pipeline(memory: dict[str, list[float]]) -> float:
    """Seconds of dvc repro in a fresh clone, nothing cached."""
    for folder in (CLONE, SCRATCH / "dvc-site"):
        shutil.rmtree(folder, ignore_errors=True)
    timed(["git", "clone", "-q", PROJECT, CLONE], FOLDER)
    seconds = timed(["dvc", "repro"], CLONE, inside(PROJECT))
    records = [json.loads(path.read_text()) for path in (CLONE / ".runs").glob("*/record.json")]
    memory["pipeline"].append(max(record["peak_memory_mib"] for record in records))
    return seconds


def script(memory: dict[str, list[float]]) -> float:
    """Seconds of the bare script."""
    folder = FOLDER / "bare"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = FOLDER / "bare.json"
    seconds = timed(["sh", "-c", f"python {HERE / 'bare.py'} {folder} > {found}"], PROJECT, inside(PROJECT))
    memory["script"].append(round(json.loads(found.read_text())["memory"], 1))
    return seconds


def rerun(old: str = "", new: str = "") -> float:
    """Seconds of dvc repro after a change of the network's learning rate, or after none."""
    if old:
        config = CLONE / "configs" / "model" / "trace_network.yaml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace(f"learning_rate: {old}", f"learning_rate: {new}"), encoding="utf-8")
    return round(timed(["dvc", "repro"], CLONE, inside(PROJECT)), 3)


def same_bytes() -> str:
    """How many outputs of the last clone equal those of a run in the project itself, by the hashes in dvc.lock."""
    timed(["dvc", "repro"], PROJECT, inside(PROJECT))

    def hashes(folder: Path) -> dict[str, str]:
        stages = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))["stages"].values()
        return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", [])}

    here, there = hashes(PROJECT), hashes(CLONE)
    return f"{sum(here[path] == there.get(path) for path in here)} of {len(here)} outputs the same bytes"


def lines() -> str:
    """A table of the lines that are not empty: those of the template, and those of the example."""
    layers = TREE / "layers"
    base = [TREE, layers / "table", layers / "deep+table"]
    example = [layers / "primary_particles", layers / "deep+primary_particles"]
    parts: dict[str, tuple[str, str]] = {
        "science": ("{{cookiecutter.module_name}}", "*.py"),
        "machinery, `mlops/`": ("mlops", "*.py"),
        "configurations and pipelines": (".", "*.y*ml"),
        "tests": ("tests", "*.py"),
    }

    def count(roots: list[Path], folder: str, pattern: str) -> int:
        found = 0
        for root in roots:
            for path in (root / folder).rglob(pattern):
                # All layers lie below the core.
                if root != TREE or layers not in path.parents:
                    found += sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
        return found

    table = ["| lines | base | example |", "|---|---:|---:|"]
    for name, (folder, pattern) in parts.items():
        table.append(f"| {name} | {count(base, folder, pattern)} | {count(example, folder, pattern)} |")
    whole = count([HERE], ".", "bare.py")
    table.append("")
    table.append(f"The script has {whole} lines beside the science that it calls; machinery and pipelines fall away.")
    return "\n".join(table)


def sizes() -> str:
    """A table of the environment's megabytes."""

    def megabytes(*names: str) -> float:
        command = ["python", str(HERE / "packages.py"), *names]
        done = subprocess.run(command, cwd=FOLDER, env=inside(PROJECT), capture_output=True, text=True, check=True)
        return float(json.loads(done.stdout))

    science, deep, everything = megabytes(*SCIENCE), megabytes(*SCIENCE, *DEEP), megabytes()
    rows = {
        "what the science computes with": science,
        "PyTorch, CPU": deep - science,
        "DVC, MLflow, Hydra, linters, tests": everything - deep,
    }
    table = ["| environment | MB |", "|---|---:|", *(f"| {name} | {value:.0f} |" for name, value in rows.items())]
    return "\n".join(table)


def energy(quick: bool) -> str:
    """A table of the energy of the training of network and trees, and of an idle machine, by codecarbon."""
    timed([sys.executable, "-m", "venv", ENERGY], FOLDER)
    install = ["-m", "pip", "install", "-qq", "--no-deps", "--require-hashes", "-r", HERE / "energy.lock"]
    timed([ENERGY / "bin" / "python", *install], FOLDER)
    python = PROJECT / ".venv" / "bin" / "python"
    train: list[object] = [python, "-m", "mlops.stage", "showers.modeling.train", "seed=42"]
    commands: dict[str, list[object]] = {
        "the stage that trains the network on traces": train,
        "the same with XGBoost": [*train, "model=xgboost"],
        "an idle machine, 20 s": ["sleep", "1" if quick else "20"],
    }
    table = [
        "| energy, by codecarbon | s | processor, Wh | memory, Wh | mean power of both, W | processor | memory |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for name, command in commands.items():
        whole = [str(part) for part in [ENERGY / "bin" / "python", HERE / "energy.py", *command]]
        done = subprocess.run(whole, cwd=CLONE, env=inside(PROJECT), capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"benchmarks: {whole} failed\n{done.stderr}")
        of = json.loads(done.stdout.splitlines()[-1])
        watts = 3600 * (of["processor"] + of["memory"]) / of["seconds"]
        figures = f"{of['seconds']:.0f} | {of['processor']:.3f} | {of['memory']:.3f} | {watts:.1f}"
        table.append(f"| {name} | {figures} | {of['processor by']} | {of['memory by']} |")
    return "\n".join(table)
