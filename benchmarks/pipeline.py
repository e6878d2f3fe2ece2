"""The cost of a project's layers, on generated data: against bare DVC and Hydra, and against one plain script."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench import HERE, SCRATCH, Figure, Group, environment, project, side_by_side, timed

# Trees that take three minutes at 1,000,000 rows on two cores.
MANY = 4000
COMMIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "--all"]

# Why a goal may be missed.
LAYERS = "Two stages import MLflow, and a fresh clone makes its database in many small writes to the disk."
WHOLE = (
    "Six processes import what one imports once and hand their tables on as files, DVC hashes and copies these and "
    "parses its YAML in Python, MLflow is imported twice and makes its database: the table of seconds says how much "
    "each takes."
)


def data(rows: int, columns: int = 30) -> Path:
    """The generated table as CSV, with its class; written if it does not exist."""
    path = SCRATCH / f"rows-{rows}-{columns}.csv"
    if not path.exists():
        partial = path.with_suffix(".partial")
        timed(["python", HERE / "data.py", rows, partial, columns], SCRATCH, environment())
        partial.rename(path)
    return path


def configure(folder: Path, rows: int, trees: int) -> None:
    """Point a project at the generated table and a number of trees, every column under the schema."""
    unconfigure(folder)
    csv = data(rows)
    lines = [
        f"source: {{kind: file, url: null, mirrors: [], path: {csv}, sha256: {digest(csv)}}}",
        "task: classification",
        "target: class",
        "id: null",
        "group: null",
        "time: null",
        "clean: {duplicates: drop, missing: keep, out_of_range: refuse}",
        "columns:",
        "  class: {type: category, values: ['no', 'yes']}",
    ]
    lines += [f"  x{number:02}: {{type: number, minimum: -10, maximum: 10, nullable: false}}" for number in range(30)]
    (folder / "configs/data/bench.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    chosen = {r"data: \w+": "data: bench", r"(?m)^file: .*": f"file: {csv}", r"resamples: \d+": "resamples: 50"}
    edit(folder / "configs/config.yaml", chosen)
    edit(
        folder / "configs/model/xgboost.yaml",
        {r"(?m)^n_estimators: \d+": f"n_estimators: {trees}", r"(early_stopping_rounds): \d+": rf"\1: {trees}"},
    )
    timed(["git", "add", "--all"], folder)
    timed([*COMMIT, "--message", f"{rows} rows, {trees} trees"], folder)


def unconfigure(folder: Path) -> None:
    """Reset the project to its first commit."""
    timed(["sh", "-c", "git reset --quiet --hard $(git rev-list --max-parents=0 HEAD)"], folder)


def bare() -> Path:
    """A copy of the project with only DVC and Hydra: no stage runner, no schema, no MLflow."""
    folder = SCRATCH / "bare"
    shutil.rmtree(folder, ignore_errors=True)
    timed(["git", "clone", "--quiet", project(), folder], SCRATCH)
    edit(folder / "dvc.yaml", {"python -m mlops.stage ": "python -m "})
    edit(folder / "bench/dataset/prepare.py", {r".*enforce.*\n": ""})
    for name in ("train", "evaluate"):
        path = folder / f"bench/modeling/{name}.py"
        tree = WithoutMLflow().visit(ast.parse(path.read_text(encoding="utf-8")))
        path.write_text(ast.unparse(tree), encoding="utf-8")
    timed([*COMMIT, "--message", "Bare"], folder)
    return folder


class WithoutMLflow(ast.NodeTransformer):
    """Removes MLflow from a stage, and keeps the statements inside its run."""

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return None if node.names[0].name == "mlflow" else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if ast.unparse(node).startswith("mlflow.") else node

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node.body if ast.unparse(node.items[0]).startswith("mlflow.") else node


def edit(path: Path, changes: dict[str, str]) -> None:
    """Replace patterns in a file; each must occur."""
    text = path.read_text(encoding="utf-8")
    for pattern, new in changes.items():
        text, count = re.subn(pattern, new, text)
        if count == 0:
            raise SystemExit(f"benchmarks: {path.name} holds no {pattern!r} any more")
    path.write_text(text, encoding="utf-8")


@functools.cache
def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@functools.cache
def fixed() -> dict[str, str]:
    """The variables that the stage runner sets, for the sides that run without it."""
    code = "import json; from mlops import stage as s; runs = s.project.runs(); "
    code += "print(json.dumps(s.fixed_environment(2, 'bench', runs)))"
    path = SCRATCH / "fixed.json"
    timed(["sh", "-c", f'python -c "{code}" > {path}'], project(), environment())
    names = re.compile("PYTHON|TZ|L[AC]|MPL|SOURCE|CUBLAS|HYDRA|.*_THREADS$")
    found = json.loads(path.read_text(encoding="utf-8")).items()
    return {key: value for key, value in found if names.match(key) and key != "PYTHONPATH"}


def reset(folder: Path) -> None:
    """Bring a project back to a fresh clone; only its environment stays."""
    timed(["git", "clean", "-fdxq", "-e", ".venv", "-e", "*.egg-info"], folder)
    timed(["git", "checkout", "--quiet", "--", "."], folder)
    shutil.rmtree(SCRATCH / "dvc-site", ignore_errors=True)


def cold(folder: Path, **variables: str) -> float:
    """Seconds of dvc repro in a fresh clone."""
    reset(folder)
    return timed(["dvc", "repro", "report"], folder, environment(**variables))


def script(rows: int, trees: int, **variables: str) -> float:
    """Seconds of the plain script."""
    target = SCRATCH / "plain"
    target.mkdir(exist_ok=True)
    return timed(["python", HERE / "plain.py", data(rows), target, trees], SCRATCH, environment(**fixed(), **variables))


def check_same_work() -> None:
    """Stop unless the script's metrics are those of the pipeline, but for the last digits of other sums."""
    ours = json.loads((project() / "reports/metrics.json").read_text(encoding="utf-8"))
    theirs = json.loads((SCRATCH / "plain/metrics.json").read_text(encoding="utf-8"))
    pairs = [
        (ours[side][name][end], values[end])
        for side in theirs
        for name, values in theirs[side].items()
        for end in values
    ]
    if not all(math.isclose(*pair, rel_tol=1e-9) for pair in pairs):
        raise SystemExit("benchmarks: the plain script and the pipeline came to different metrics")


def peaks() -> str:
    """A table of each stage's seconds and peak memory in the last run."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (project() / ".runs").glob("*/record.json")]
    rows = [
        f"| {record['stage']} | {record['seconds']:.1f} | {record['peak_memory_mib']:.0f} |"
        for record in sorted(records, key=lambda record: record["started"])
    ]
    return "\n".join(["| stage | seconds | peak memory, MiB |", "|---|---:|---:|", *rows])


KINDS = (
    "work",
    "files",
    "imports",
    "Python's start",
    "Hydra",
    "pandera",
    "MLflow",
    "MLflow's new database",
    "DVC",
    "total",
)


def attributed(rows: int, trees: int) -> str:
    """A table of where the seconds of the pipeline and of the script go, from one more run of each under the hook."""
    folder = SCRATCH / "hook"
    tables = {}
    sides: dict[str, Callable[..., float]] = {
        "pipeline": functools.partial(cold, project()),
        "script": functools.partial(script, rows, trees),
    }
    for name, measure in sides.items():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copyfile(HERE / "hook.py", folder / "sitecustomize.py")
        total = measure(PYTHONPATH=str(folder), BENCH_HOOK=str(folder))
        table = {"total": total}
        for path in folder.glob("*.json"):
            for kind, value in json.loads(path.read_text(encoding="utf-8"))["seconds"].items():
                table[kind] = table.get(kind, 0.0) + value
        # The uncounted time of a process is Python's start, because the runner restarts the interpreter. Time outside
        # the processes is DVC's; for the script it is the start and the end of Python.
        processes = table.pop("process")
        table["Python's start"] = processes - sum(value for kind, value in table.items() if kind != "total")
        outside = "DVC" if name == "pipeline" else "Python's start"
        table[outside] = table.get(outside, 0.0) + total - processes
        tables[name] = table
    lines = ["| where | pipeline, s | script, s | more, s |", "|---|---:|---:|---:|"]
    for kind in KINDS:
        ours, theirs = (tables[name].get(kind, 0.0) for name in ("pipeline", "script"))
        lines.append(f"| {kind} | {ours:.1f} | {theirs:.1f} | {ours - theirs:.1f} |")
    return "\n".join(lines)


def whole(quick: bool) -> Group:
    """Cold runs: the project beside bare DVC and Hydra and beside the script; memory; where the seconds go."""
    small, large, repeats = (10_000, 20_000, 1) if quick else (100_000, 1_000_000, 3)
    group = Group("The whole pipeline, cold: a fresh clone, nothing cached")
    configure(project(), large, 100)
    without = bare()
    sides = {
        "with them": functools.partial(cold, project()),
        "without": functools.partial(cold, without, **fixed()),
        "script": functools.partial(script, large, 100),
    }
    runs = side_by_side(sides, repeats)
    check_same_work()
    layers = {name: runs[name] for name in ("with them", "without")}
    group.figures.append(
        Figure(f"runner, schema, MLflow on bare DVC + Hydra, {large:,} × 30", layers, "s", 1.1, LAYERS)
    )
    both = {"pipeline": runs["with them"], "script": runs["script"]}
    group.figures.append(Figure(f"pipeline against one script, {large:,} × 30", both, "s", 1.5, WHOLE))
    group.tables.append(f"Stages at {large:,} rows, as the stage runner records them:\n\n{peaks()}")
    group.tables.append(
        f"Where the seconds go at {large:,} rows, in one more run under `benchmarks/hook.py`; "
        f"files are tables read and written, and raw data copied and hashed:\n\n{attributed(large, 100)}"
    )
    group.figures.append(against_script(small, 100, repeats, None))
    return group


def training(quick: bool) -> Group:
    """The same with a training that takes minutes, as real ones do."""
    rows, trees = (20_000, 200) if quick else (1_000_000, MANY)
    return Group("With a training of minutes", [against_script(rows, trees, 1 if quick else 2, 1.1)], [peaks()])


def against_script(rows: int, trees: int, repeats: int, goal: float | None) -> Figure:
    """A cold run of the pipeline beside the plain script."""
    configure(project(), rows, trees)
    sides = {"pipeline": functools.partial(cold, project()), "script": functools.partial(script, rows, trees)}
    runs = side_by_side(sides, repeats)
    check_same_work()
    return Figure(
        f"pipeline against one script, {rows:,} × 30, {trees:,} trees", runs, "s", goal, WHOLE if goal else ""
    )
