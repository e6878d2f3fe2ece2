"""The record of a run in .runs/, and the MLflow run that is made from it.

What cannot be recorded in MLflow when a stage ends is said in one line and kept in the record. `python -m mlops record`
catches up.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops import pipeline, project, store, tracking
from mlops.errors import explain, redact

FILE = "record.json"
# The key under which a record says why MLflow lacks it.
MISSING = "unrecorded"


def start(module: str, overrides: list[str]) -> dict[str, Any]:
    """What is known of a run before it begins: code, settings, machine."""
    seed = project.setting("seed", overrides)
    return {
        "module": module,
        "overrides": overrides,
        "stage": project.stage(),
        "seed": None if seed and "," in seed else seed,  # a sweep has several
        "lock": project.digest(*Path("requirements").glob("*.lock")),
        **project.state(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": int(os.environ["MLOPS_THREADS"]),
    }


def prepare(module: str, folder: Path) -> str | None:
    """Let MLflow find a store that works and the run to resume, if a stage uses it.

    Returns:
        Why the run will not be in the project's store, None if it will.
    """
    if not tracking.uses_mlflow(module):
        return None
    with store.quiet():
        try:
            reason = store.use(folder)
            if reason is None:
                os.environ.update(tracking.trained())
        except Exception as error:  # noqa: BLE001 - whatever the reason, the science may succeed
            return explain(error)
    return reason


def finish(folder: Path, record: dict[str, Any], reason: str | None) -> str | None:
    """Record a run in MLflow and in its folder.

    Args:
        folder: the run's own folder.
        record: what is known of the run; gets mlflow_run, entry and unrecorded.
        reason: what `prepare` returned.

    Returns:
        Why the run is not in the project's MLflow store, None if it is there or has nothing for it.
    """
    failed = "error" in record
    record["mlflow_run"] = None
    with store.quiet():
        try:
            if failed and "mlflow" not in sys.modules:
                reason = store.use(folder)
            record["mlflow_run"] = identity = tracking.end(record, failed)
            if identity and record["stage"] and not failed:
                record["entry"] = pipeline.lock_entry()
            if identity:
                tracking.complete(identity, record, folder)
            else:
                reason = None
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it must not hide how the stage ended
            reason = reason or explain(error)
    if reason:
        record[MISSING] = reason
    try:
        write(folder, record)
    except OSError as error:
        return explain(error)
    return reason


def killed(folder: Path, module: str, overrides: list[str], status: int, reason: str) -> str | None:
    """Record a stage that was killed; returns why MLflow lacks it, None if it does not."""
    record = {"module": module, "overrides": overrides, "stage": project.stage(), "status": status, "error": reason}
    try:
        write(folder, record)
        os.environ.pop("MLFLOW_RUN_ID", None)
        with store.quiet():
            store.use(folder)
            tracking.close_killed(str(folder), reason)
    except Exception as error:  # noqa: BLE001 - an unreachable server must not hide the failure
        return explain(error)
    return None


def write(folder: Path, record: dict[str, Any]) -> None:
    """Write the record of a run into its folder, without secrets."""
    text = redact(json.dumps(record, indent=2, ensure_ascii=False))
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def catch_up() -> int:
    """Bring records that MLflow lacks into the project's store; returns the exit status, 1 if it still lacks any."""
    every = {path.parent: json.loads(path.read_text("utf-8")) for path in project.runs().glob(f"*/{FILE}")}
    missing = [(folder, record) for folder, record in sorted(every.items()) if MISSING in record]
    failed = 0
    for folder, record in missing:
        try:
            with store.quiet():
                bring(folder, record)
        except Exception as error:  # noqa: BLE001 - the others may succeed
            failed += 1
            print(f"{folder}: {explain(error)}", file=sys.stderr)
    print(f"{len(missing) - failed} of {len(missing)} runs that MLflow lacked are recorded now")
    return 1 if failed else 0


def bring(folder: Path, record: dict[str, Any]) -> None:
    """Bring one run into the project's store, and mark its record."""
    os.environ.setdefault("MLFLOW_EXPERIMENT_NAME", record["module"].partition(".")[0])
    os.environ["MLFLOW_TRACKING_URI"] = address = store.address()
    store.prepare(address)
    own = folder / store.DATABASE
    if own.is_file():
        done = subprocess.run([sys.executable, "-m", "probado", "merge", own], capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(done.stderr.strip().rpartition("\n")[2])
        record["mlflow_run"] = tracking.find_run("mlops.copied_from", record["mlflow_run"])
    if record["mlflow_run"] is None:
        raise ValueError("no store took this run: its record is all there is")
    tracking.complete(record["mlflow_run"], record, folder)
    del record[MISSING]
    write(folder, record)


def cpu_model() -> str:
    """The processor's name as reported by the system."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def peak_memory() -> float | None:
    """Largest resident memory of this process so far, in MiB; None if the system does not report it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
