"""Run one stage of the pipeline: python -m mlops.stage <module> [overrides].

Fixes the process environment before the interpreter starts, runs the module, and records the run in .runs/. A failure
is reported in one line. Its traceback is kept beside the record and on the MLflow run, and the last good outputs are
restored.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from mlops import pipeline, project, records, store
from mlops.errors import explain, redact

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
LIBRARIES = ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "NUMEXPR_NUM", "VECLIB_MAXIMUM")
THREAD_VARIABLES = tuple(f"{name}_THREADS" for name in LIBRARIES)
# Libraries make many objects and little garbage: collecting less often than by default saves a second per stage.
COLLECT_EVERY = (20_000, 20, 50)


def main(arguments: list[str]) -> int:
    """Run a stage; returns the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m mlops.stage MODULE [OVERRIDE ...], such as my_module.features seed=1", file=sys.stderr)
        return 2
    module, *overrides = arguments
    gc.set_threshold(*COLLECT_EVERY)
    supervised = os.environ.pop("MLOPS_STAGE", None) == module
    status = run(module, overrides) if supervised else supervise(module, overrides)
    gc.freeze()
    return status


def supervise(module: str, overrides: list[str]) -> int:
    """Run the stage in a new interpreter, because threads, hash seed and locale are read only at startup.

    DVC removes a stage's outputs before it runs. If the stage fails for any reason, the last good ones are restored.
    """
    if not project.CONFIG.is_file():
        return complain(module, ValueError(f"there is no {project.CONFIG} here: run it in the project's folder"))
    folder = project.runs() / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{module.rpartition('.')[2]}-{os.getpid()}"
    try:
        project.refuse_links()
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
        if missing := records.killed(folder, module, overrides, status, reason):
            print(f"stage {module}: {missing}", file=sys.stderr)
    return 128 - status if status < 0 else status


def put_back(folder: Path) -> None:
    """Restore the last good outputs. If that fails, a second line says so."""
    try:
        if pipeline.put_back(folder):
            print(f"the outputs of the failed run are kept in {folder}", file=sys.stderr)
    except Exception as error:  # noqa: BLE001
        print(f"the last good outputs could not be restored: {explain(error)}", file=sys.stderr)


def block_interrupts(blocked: bool) -> None:
    """Block or unblock Ctrl-C for this process and its children."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK if blocked else signal.SIG_UNBLOCK, {signal.SIGINT})


def fixed_environment(threads: int, module: str, folder: Path) -> dict[str, str]:
    """The caller's environment, with every variable fixed that results could depend on: docs/contract.md says which."""
    here = {"MLOPS_STAGE": module, "MLOPS_THREADS": str(threads), "MLOPS_RUN_DIR": folder.as_posix()}
    here |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    caller = {name: value for name, value in os.environ.items() if value or name != "MLFLOW_TRACKING_URI"}
    # The runner decides which run a stage resumes: a leftover would write into somebody's finished run.
    caller.pop("MLFLOW_RUN_ID", None)
    defaults = {"MLFLOW_TRACKING_URI": store.address(), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
    defaults["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # MLflow prints the address of a run on a server.
    defaults["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = str("@" in store.address()).lower()
    # Where MLflow puts the artifacts of a new experiment in a database. Its own choice reads %20 in a path as a space.
    defaults["_MLFLOW_SERVER_ARTIFACT_ROOT"] = store.quoted(project.home().resolve() / "mlruns")
    if "MLFLOW_EXPERIMENT_ID" not in caller:
        defaults["MLFLOW_EXPERIMENT_NAME"] = module.partition(".")[0]
    # The judge changes fixed variables to test whether results depend on them (probado prove --perturb).
    instead: dict[str, str] = json.loads(os.environ.get("MLOPS_INSTEAD", "{}"))
    return defaults | caller | FIXED | here | instead


def threads(overrides: list[str]) -> int:
    """The configured number of threads, read without Hydra: it must be known before the libraries are loaded."""
    found = project.setting("threads", overrides)
    if found is None or not found.isdecimal() or int(found) == 0:
        raise ValueError(f"configs: threads must be a whole number above 0, found {found!r}")
    return int(found)


def run(module: str, overrides: list[str]) -> int:
    """Run the module as the main program, and record the outcome."""
    end_with_parent()
    folder = Path(os.environ["MLOPS_RUN_DIR"])
    record = records.start(module, overrides)
    if record["commit"] == "none" and (refusal := project.refusal()):
        print(f"stage {module}: the commit is not recorded: {refusal}", file=sys.stderr)
    # For the names of MLflow runs. A plus says that inputs differ from the commit.
    os.environ["MLOPS_COMMIT"] = record["commit"][:7].replace("none", "") + "+" * (record["dirty"] == "true")
    begun, status = time.perf_counter(), 0
    failure: BaseException | None = None
    missing: str | None = None
    try:
        block_interrupts(False)
        missing = records.prepare(module, folder)
        sys.argv = [module, *overrides]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        failure = stop if status else None
    except KeyboardInterrupt as stop:
        status, failure = 130, stop
    except Exception as error:  # noqa: BLE001 - any error of the science is reported in one line
        status, failure = 1, error
    seconds = round(time.perf_counter() - begun, 3)
    record |= {"status": status, "seconds": seconds, "peak_memory_mib": records.peak_memory()}
    log = folder / "traceback.txt"
    if failure is not None:
        # Reported first, because a full disk may prevent the rest.
        complain(module, failure, log)
        record["error"] = explain(failure)
        with contextlib.suppress(OSError):
            log.write_text(redact("".join(traceback.format_exception(failure))), encoding="utf-8")
    # The science decides the exit status. A run that could not be recorded is no reason to lose its outputs.
    if missing := records.finish(folder, record, missing):
        print(f"stage {module}: {'failed' if failure else 'done'}, but {missing}", file=sys.stderr)
    return status


def end_with_parent() -> None:
    """Kill this process when its parent ends (Linux only)."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def complain(module: str, error: BaseException, log: Path | None = None) -> int:
    """Print the error in one line; returns the exit status."""
    print(f"stage {module}: {explain(error)}{f'  (traceback: {log})' if log else ''}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
