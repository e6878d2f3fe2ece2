"""Run one stage of the pipeline: python -m mlops.stage <module> [overrides].

Fixes the process environment before the interpreter starts, runs the module, and records the run in .runs/. A failure
is reported in one line. Its traceback is kept beside the record and on the MLflow run, and the last good outputs are
restored.
"""

from __future__ import annotations

import difflib
import gc
import json
import logging
import os
import platform
import re
import runpy
import signal
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops import tracking

FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "SOURCE_DATE_EPOCH": "0",
    # cuBLAS needs a fixed workspace for the same sums on every run.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    # Without it Hydra swallows exceptions, and no traceback can be kept.
    "HYDRA_FULL_ERROR": "1",
}
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
RUNS = Path(".runs")
# Libraries make many objects and little garbage. By default Python collects every 700 objects, and all of them at exit.
# These settings save about a second per stage.
COLLECT_EVERY = (20_000, 20, 50)


def main(arguments: list[str]) -> int:
    """Run a stage; returns the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print(
            "usage: python -m mlops.stage MODULE [OVERRIDE ...], such as: python -m mlops.stage my_module.features",
            file=sys.stderr,
        )
        return 2
    module, *overrides = arguments
    gc.set_threshold(*COLLECT_EVERY)
    if os.environ.get("MLOPS_STAGE") != module:
        status = supervise(module, overrides)
    else:
        del os.environ["MLOPS_STAGE"]
        status = run(module, overrides)
    gc.freeze()
    return status


def supervise(module: str, overrides: list[str]) -> int:
    """Run the stage in a new interpreter, because threads, hash seed and locale are read only at startup.

    DVC removes a stage's outputs before it runs. If the stage fails for any reason, the last good ones are restored.
    """
    if not tracking.CONFIG.is_file():
        return complain(module, ValueError(f"there is no {tracking.CONFIG} here: run it in the project's folder"))
    folder = RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{module.rpartition('.')[2]}-{os.getpid()}"
    try:
        environment = fixed_environment(threads(overrides), module, folder)
        folder.mkdir(parents=True)
        # Delay Ctrl-C until the stage can report the interruption.
        block_interrupts(True)
        child = subprocess.Popen([sys.executable, "-m", "mlops.stage", module, *overrides], env=environment)
        # Ctrl-C reaches the whole process group, so the stage ends by itself. The child would inherit SIG_IGN.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        block_interrupts(False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - every failure is reported in one line
        put_back(folder)
        return complain(module, error)
    status = child.wait()
    if status != 0:
        put_back(folder)
    if status < 0:
        reason = f"killed by signal {-status} ({signal.strsignal(-status)})"
        print(f"stage {module}: {reason}", file=sys.stderr)
        os.environ.update(environment)
        record = {"module": module, "overrides": overrides, "stage": tracking.stage(), "status": status}
        try:
            write_record(folder, {**record, "error": reason})
            tracking.close_killed(str(folder), reason)
        except Exception as error:  # noqa: BLE001 - an unreachable server must not hide the failure
            print(f"stage {module}: its MLflow run could not be closed: {explain(error)}", file=sys.stderr)
    return 128 - status if status < 0 else status


def put_back(folder: Path) -> None:
    """Restore the last good outputs. If that fails, a second line says so."""
    try:
        if tracking.put_back(folder):
            print(f"the outputs of the failed run are kept in {folder}", file=sys.stderr)
    except Exception as error:  # noqa: BLE001
        print(f"the last good outputs could not be restored ({explain(error)}): run dvc checkout", file=sys.stderr)


def block_interrupts(blocked: bool) -> None:
    """Block or unblock Ctrl-C for this process and its children."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK if blocked else signal.SIG_UNBLOCK, {signal.SIGINT})


def fixed_environment(threads: int, module: str, folder: Path) -> dict[str, str]:
    """The caller's environment, with every variable fixed that results could depend on.

    The judge relies on it: docs/contract.md of the template is their contract.
    """
    here = {"MLOPS_STAGE": module, "MLOPS_THREADS": str(threads), "MLOPS_RUN_DIR": folder.as_posix()}
    here |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    defaults = {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db", "MLFLOW_EXPERIMENT_NAME": module.partition(".")[0]}
    # The judge changes fixed variables to test whether results depend on them (probado prove --perturb).
    instead: dict[str, str] = json.loads(os.environ.get("MLOPS_INSTEAD", "{}"))
    return defaults | os.environ | FIXED | here | instead


def threads(overrides: list[str]) -> int:
    """The configured number of threads, read without Hydra: it must be known before the libraries are loaded."""
    found = tracking.setting("threads", overrides)
    if found is None or not found.isdecimal() or int(found) == 0:
        raise ValueError(f"configs: threads must be a whole number above 0, found {found!r}")
    return int(found)


def run(module: str, overrides: list[str]) -> int:
    """Run the module as the main program, and record the outcome."""
    end_with_parent()
    folder = Path(os.environ["MLOPS_RUN_DIR"])
    record: dict[str, Any] = {
        "module": module,
        "overrides": overrides,
        "stage": tracking.stage(),
        "seed": tracking.setting("seed", overrides),
        "lock": tracking.digest(*Path("requirements").glob("*.lock")),
        **tracking.state(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        **hardware(),
    }
    # This logger prints a traceback for errors that are raised anyway.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    begun = time.perf_counter()
    status = 0
    failure: BaseException | None = None
    try:
        block_interrupts(False)
        os.environ.update(tracking.resume(module))
        sys.argv = [module, *overrides]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        failure = stop if status else None
    except KeyboardInterrupt as stop:
        status, failure = 130, stop
    except Exception as error:  # noqa: BLE001 - any error of the science is reported in one line
        status, failure = 1, error
    record |= {"status": status, "seconds": round(time.perf_counter() - begun, 3), "peak_memory_mib": peak_memory()}
    try:
        if failure is not None:
            # Reported first, because a full disk may prevent the rest.
            complain(module, failure, folder / "traceback.txt")
            record["error"] = explain(failure)
            (folder / "traceback.txt").write_text("".join(traceback.format_exception(failure)), encoding="utf-8")
        record["mlflow_run"] = tracking.finish(record, failure)
        write_record(folder, record)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it must not hide why the stage failed
        print(f"stage {module}: could not be recorded: {explain(error)}", file=sys.stderr)
        return status or 1
    return status


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write the record of a run into its folder."""
    (folder / "record.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def end_with_parent() -> None:
    """Kill this process when its parent ends (Linux only)."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def hardware() -> dict[str, Any]:
    """The machine, the interpreter, the fixed number of threads."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": int(os.environ["MLOPS_THREADS"]),
    }


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


def complain(module: str, error: BaseException, log: Path | None = None) -> int:
    """Print the error in one line; returns the exit status."""
    where = f"  (traceback: {log})" if log else ""
    print(f"stage {module}: {explain(error)}{where}", file=sys.stderr)
    return 1


def explain(error: BaseException) -> str:
    """One line that says what was expected, what was found and what to do."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    text = " ".join(str(error).split())
    cause = error.__cause__ or error.__context__
    # Hydra's errors hold the valid choices of a group, or the keys beside a mistyped one.
    if options := getattr(error, "options", None):
        missing = str(getattr(error, "missing_cfg_file", "")).rpartition("/")[2].removesuffix(".yaml")
        return f"configs: there is no {getattr(error, 'missing_cfg_file', missing)}; {nearest(missing, options)}"
    for found in (error, cause):
        parent, key = getattr(found, "parent_node", None), getattr(found, "key", None)
        if parent is not None and key is not None and hasattr(parent, "keys"):
            return (
                f"configs: there is no key {getattr(found, 'full_key', key)!r}; {nearest(str(key), map(str, parent))}"
            )
    if isinstance(error, ModuleNotFoundError):
        deep = " DEEP=cpu" if error.name in ("torch", "skorch", "safetensors") else ""
        return f"this Python has no module {error.name!r}: make env{deep}, then activate .venv"
    if isinstance(error, SystemExit):
        return text
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"{text}" if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"


def nearest(name: str, valid: Any) -> str:
    """A hint for an unknown name: the closest valid name, or all valid names if none is close."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid are: {', '.join(names)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
