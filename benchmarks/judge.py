"""What the judge itself costs: large files, arrays that differ, stages that are taken over; calibrated tolerances."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from benchmarks.bench import SCRATCH, TEMPLATE, Figure, Group, bake, environment, inside, project, side_by_side, timed
from benchmarks.pipeline import COMMIT

FOLDER = SCRATCH / "judge"
GIB = 2**30
# Runs in a process of its own, whose memory is the judge's.
MEASURE = """
import json, resource, sys, time
{0}
begun = time.perf_counter()
{1}
print(json.dumps([time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
PROVE = ("from probado.cli import main", "main(['prove', '.', '--env', 'reuse'])")
DESCRIBE = (
    "from pathlib import Path\nfrom probado.prove.difference import describe",
    "assert describe(Path('one.npy'), Path('other.npy'))",
)
ARRAYS = """
import numpy, sys
values = numpy.random.default_rng(0).normal(size=int(sys.argv[1]))
numpy.save('one.npy', values); numpy.save('other.npy', values * (1 + 1e-9))
"""
# Scores whose last digits vary, as those of threaded sums do. A fault is planted by its name.
SCORES = """
import random, sys
chance, fault = random.SystemRandom(), sys.argv[1] if len(sys.argv) > 1 else ""
rows = [(n * (1 + chance.gauss(0, 1e-9)), 100 + chance.gauss(0, 1e-6)) for n in range(1, 200)]
if fault == "one value": rows[50] = (rows[50][0] * 1.00001, rows[50][1])
if fault == "all values": rows = [(a, b + 0.001) for a, b in rows]
if fault == "a row less": rows.pop()
if fault == "two rows exchanged": rows[3], rows[4] = rows[4], rows[3]
open("scores.csv", "w").write("a,b\\n" + "".join(f"{a!r},{b!r}\\n" for a, b in rows))
"""
FAULTS = ("one value", "all values", "a row less", "two rows exchanged")


def judge(quick: bool) -> Group:
    """Time and memory of proofs of large data; the cost of --since; alarms of calibrated tolerances."""
    group = Group("The judge: large data, proofs of stages, calibrated tolerances")
    project()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    group.figures += raw_file(GIB // 8 if quick else 5 * GIB)
    group.figures += array(10**6 if quick else 62_500_000)
    group.figures.append(since(1 if quick else 2))
    group.figures += calibrated(10 if quick else 300)
    return group


def raw_file(size: int) -> list[Figure]:
    """A proof of a large raw file, beside one hash and one copy of it."""
    folder = repository("raw", {"head": stage("head -c 9 raw.bin > out.bin", "raw.bin", "out.bin")})
    copy = FOLDER / "copy"
    subprocess.run(f"head -c {size} /dev/urandom > raw.bin", shell=True, cwd=folder, check=True)
    commit(folder, "raw.bin")
    memory: list[float] = []

    def bare() -> float:
        seconds = timed(["sh", "-c", f"md5sum raw.bin && cp raw.bin {copy}"], folder)
        copy.unlink()
        return seconds

    sides: dict[str, Callable[[], float]] = {"proof": lambda: measured(folder, PROVE, memory), "hash and copy": bare}
    runs = side_by_side(sides, 2)
    shutil.rmtree(folder)
    what = f"a proof with {size / GIB:.2g} GiB of raw data"
    return [
        Figure(f"{what}, against one hash and one copy", runs, goal=1.5),
        Figure(f"memory of the judge, {what}", {"memory": memory}, unit="MB", goal=500),
    ]


def array(size: int) -> list[Figure]:
    """What differs in two arrays that differ in every value."""
    folder, memory = FOLDER / "array", list[float]()
    folder.mkdir()
    timed([sys.executable, "-c", ARRAYS, size], folder)
    seconds = [measured(folder, DESCRIBE, memory) for _ in range(2)]
    shutil.rmtree(folder)
    what = f"an array of {size * 8 / 1e6:.0f} MB that differs"
    return [
        Figure(what, {"comparison": seconds}, goal=20),
        Figure(f"memory of the judge, {what}", {"memory": memory}, unit="MB", goal=1000),
    ]


def since(repeats: int) -> Figure:
    """A proof after an edit of the report alone, beside a full one, of the worked example with its studies."""
    parent, choices = FOLDER / "example", ("starter=primary_particles", "deep_learning=torch")
    bake(parent, TEMPLATE, "project_name=Showers", "module_name=showers", *choices)
    folder = parent / "showers"
    timed(["make", "env", "DEEP=cpu"], folder)
    own, prove = inside(folder), ["probado", "prove", "--env", "reuse"]
    timed(["dvc", "repro", "dvc.yaml", "studies/dvc.yaml"], folder, own)
    commit(folder)
    timed(prove, folder, own)
    before = folder / "reports" / "proof.json"
    kept = before.replace(FOLDER / "before.json")
    report = folder / "showers" / "report.py"
    report.write_text(f"{report.read_text(encoding='utf-8')}\n# Edited.\n", encoding="utf-8")
    timed(["dvc", "repro"], folder, own)
    commit(folder)
    sides: dict[str, Callable[[], float]] = {
        "since": lambda: timed([*prove, "--since", kept], folder, own),
        "full": lambda: timed(prove, folder, own),
    }
    what = "--since after an edit of the report, against a full proof of the worked example with its studies"
    return Figure(what, side_by_side(sides, repeats), goal=0.1)


def calibrated(reruns: int) -> list[Figure]:
    """False alarms among held-out reruns under calibrated tolerances, and planted faults that they let through."""
    folder = repository("scores", {"score": stage("python score.py", "score.py", "scores.csv")}, **{"score.py": SCORES})
    commit(folder)
    told = subprocess.run(
        [sys.executable, "-m", "probado", "prove", "--env", "reuse", "--calibrate", "1e-3"],
        cwd=folder,
        env=environment() | {"PYTHONPATH": str(TEMPLATE / "src")},
        capture_output=True,
        text=True,
    ).stdout
    line = next(line for line in told.splitlines() if "--calibrate: outs of score: " in line)
    rule = yaml.safe_load(line.partition("outs of score: ")[2])[0]["scores.csv"]["meta"]["compare"]
    (folder / "scores.csv").rename(folder / "committed.csv")

    # The judge is not installed here.
    sys.path.insert(0, str(TEMPLATE / "src"))

    def agrees(fault: str = "") -> bool:
        from probado.prove.compare import compare
        from probado.repository.rule import parse_rule

        timed([sys.executable, "score.py", fault], folder)
        return compare(folder / "committed.csv", folder / "scores.csv", parse_rule(rule)).agree

    alarms = sum(not agrees() for _ in range(reruns))
    missed = sum(agrees(fault) for fault in FAULTS for _ in range(5))
    return [
        Figure(f"false alarms in {reruns} held-out reruns, calibrated by 20", {"alarms": [alarms / reruns]}, "", 0.02),
        Figure(f"planted faults that pass, {', '.join(FAULTS)}, 5 each", {"passed": [float(missed)]}, "", 0),
    ]


def repository(name: str, stages: dict[str, Any], **files: str) -> Path:
    """A repository with git, DVC and these stages."""
    folder = FOLDER / name
    folder.mkdir()
    timed(["git", "init", "--quiet"], folder)
    timed([sys.executable, "-m", "dvc", "init", "--quiet"], folder)
    for file, text in {**files, "dvc.yaml": yaml.safe_dump({"stages": stages})}.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def stage(command: str, dep: str, out: str) -> dict[str, Any]:
    """A stage as dvc.yaml has it."""
    return {"cmd": command, "deps": [dep], "outs": [out]}


def commit(folder: Path, *data: str) -> None:
    """Give data to DVC, reproduce, and commit everything."""
    for name in data:
        timed([sys.executable, "-m", "dvc", "add", "--quiet", name], folder)
    if not (folder / "dvc.lock").is_file():
        timed([sys.executable, "-m", "dvc", "repro", "--quiet"], folder)
    timed(["git", "add", "--all"], folder)
    timed([*COMMIT, "--allow-empty", "--message", "Results"], folder)


def measured(folder: Path, code: tuple[str, str], memory: list[float]) -> float:
    """Seconds of some code in a process of its own; its largest memory in MB is added to a list."""
    variables = environment() | {"PYTHONPATH": str(TEMPLATE / "src")}
    command = [sys.executable, "-c", MEASURE.format(*code)]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=True)
    seconds, largest = json.loads(done.stdout.splitlines()[-1])
    memory.append(round(largest, 1))
    return float(seconds)
