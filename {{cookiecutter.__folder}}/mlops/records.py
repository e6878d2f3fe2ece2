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
    reason = None
    with store.quiet():
        try:
            if tracking.uses_mlflow(module) and (reason := store.use(folder, module)) is None:
                os.environ.update(tracking.trained())
        except Exception as error:  # noqa: BLE001 - whatever the reason, the science may succeed
            reason = explain(error)
    return reason


def finish(folder: Path, record: dict[str, Any], reason: str | None) -> str | None:
    """Record a run in MLflow and in its folder; `reason` is what `prepare` returned.

    Returns:
        What is not recorded, why, and how to catch up; None if everything is.
    """
    failed = "error" in record
    record["mlflow_run"] = None
    with store.quiet():
        try:
            if failed and "mlflow" not in sys.modules:
                reason = store.use(folder, record["module"])
            if "mlflow" in sys.modules and record["stage"] and not failed:
                record["entry"] = pipeline.lock_entry()
            record["mlflow_run"] = identity = tracking.end(record, failed)
            if identity:
                tracking.complete(identity, record, folder)
            else:
                reason = None
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it must not hide how the stage ended
            reason = reason or explain(error)
    if reason:
        record[MISSING] = reason
    return keep(folder, record)


def killed(folder: Path, module: str, overrides: list[str], status: int, reason: str) -> str | None:
    """Record a stage that was killed; returns what `finish` does."""
    record = {"module": module, "overrides": overrides, "stage": project.stage(), "status": status, "error": reason}
    try:
        with store.quiet():
            bring(folder, record)
    except Exception as error:  # noqa: BLE001 - an unreachable server must not hide the failure
        record[MISSING] = explain(error)
    return keep(folder, record)


def keep(folder: Path, record: dict[str, Any]) -> str | None:
    """Write the record of a run; returns what `finish` does."""
    missing = f"not recorded in MLflow: {record[MISSING]}" if MISSING in record else None
    try:
        write(folder, record)
    except OSError as error:
        (folder / FILE).unlink(missing_ok=True)
        return "; ".join(filter(None, [missing, f"its record could not be written: {explain(error)}"]))
    return missing and f"{missing}; to record it later: python -m mlops record"


def write(folder: Path, record: dict[str, Any]) -> None:
    """Write the record of a run into its folder, without secrets."""
    (folder / FILE).write_text(json.dumps(redact(record), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def catch_up() -> int:
    """Bring records that MLflow lacks into the project's store; returns the exit status, 1 if it still lacks any."""
    done = failed = 0
    for file in sorted(project.runs().glob(f"*/{FILE}")):
        try:
            record = json.loads(file.read_text("utf-8"))
            if MISSING in record:
                with store.quiet():
                    bring(file.parent, record)
                del record[MISSING]
                write(file.parent, record)
                done += 1
        except Exception as error:  # noqa: BLE001 - the others may succeed
            failed += 1
            print(f"{file}: {explain(error)}", file=sys.stderr)
    print(f"{done} of {done + failed} runs that MLflow lacked are recorded now")
    return 1 if failed else 0


def bring(folder: Path, record: dict[str, Any]) -> None:
    """Bring the run of an ended stage into the project's store, and say in its record which one it is.

    Its run may be in a store of its own, have begun before the store was away, or not have begun.
    """
    os.environ.pop("MLFLOW_RUN_ID", None)
    os.environ.setdefault("MLFLOW_EXPERIMENT_NAME", record["module"].partition(".")[0])
    os.environ["MLFLOW_TRACKING_URI"] = address = store.address()
    store.prepare(address)
    record["beside"] = record.get("beside") or tracking.trained().get("MLOPS_RESUMED")
    own, identity = folder / store.DATABASE, record.get("mlflow_run")
    if own.is_file():
        tracking.close(store.of_file(own), folder, record)
        done = subprocess.run([sys.executable, "-m", "probado", "merge", own], capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(done.stderr.strip().rpartition("\n")[2])
        identity = identity and tracking.find_run("mlops.copied_from", identity)
    tracking.close(address, folder, record)
    found = [identity] if identity else tracking.search(address, f"{tracking.RECORD} LIKE '%{folder.name}'")
    record["mlflow_run"] = found[0] if found else tracking.make_failed(record)
    tracking.complete(record["mlflow_run"], record, folder)


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
