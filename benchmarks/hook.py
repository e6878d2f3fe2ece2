"""Measures where a Python process spends its time: imports, files, Hydra, pandera, MLflow, or the work itself.

`pipeline.py` copies this file as sitecustomize.py into a folder on PYTHONPATH, for one run that is not a measurement.
Times are exclusive: imports during a call of MLflow count as MLflow.
"""

from __future__ import annotations

import atexit
import builtins
import functools
import json
import os
import sys
import threading
import time
from typing import Any

# The functions to time, by kind; each is wrapped once its module is loaded.
PLACES = {
    "files": [
        "pandas.read_csv",
        "pyarrow.csv.read_csv",
        "pandas.read_parquet",
        "pandas.DataFrame.to_parquet",
        "shutil.copyfile",
        "hashlib.file_digest",
    ],
    "Hydra": [
        "hydra._internal.config_loader_impl.ConfigLoaderImpl.load_configuration",
        "hydra._internal.utils.create_config_search_path",
    ],
    "pandera": ["pandera.pandas.DataFrameSchema.validate"],
    "MLflow": [
        "mlflow.start_run",
        "mlflow.log_params",
        "mlflow.log_metrics",
        "mlflow.tracking.fluent.end_run",
        "mlops.records.prepare",
        "mlops.records.finish",
    ],
    "MLflow's new database": ["mlflow.store.db.utils._initialize_tables"],
}
seconds = {"work": 0.0}
stack = ["work"]
mark = time.perf_counter()


def enter(kind: str) -> None:
    """Count from now on for `kind`."""
    inside = [name for name in stack if name.startswith("MLflow")]
    stack.append(inside[-1] if inside and not kind.startswith("MLflow") else kind)
    switch(stack[-2])


def leave() -> None:
    """Count for the former kind again."""
    switch(stack.pop())


def switch(past: str) -> None:
    """Book the time since the last change."""
    global mark
    now = time.perf_counter()
    seconds[past] = seconds.get(past, 0.0) + now - mark
    mark = now


def timing(function: Any, kind: str) -> Any:
    """The function, counted as `kind` in the main thread."""

    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return function(*arguments, **options)
        enter(kind)
        try:
            return function(*arguments, **options)
        finally:
            leave()

    wrapped.timed = True  # type: ignore[attr-defined]
    return wrapped


def patch() -> None:
    """Wrap every place whose module is loaded by now."""
    for kind, paths in PLACES.items():
        for path in paths:
            owner_path, _, name = path.rpartition(".")
            module, _, owner_name = (owner_path, "", "") if owner_path in sys.modules else owner_path.rpartition(".")
            owner: Any = sys.modules.get(module)
            if owner is not None and owner_name:
                owner = getattr(owner, owner_name, None)
            function = getattr(owner, name, None)
            if function is not None and not hasattr(function, "timed"):
                setattr(owner, name, timing(function, kind))


def importing(name: str, *arguments: Any, **options: Any) -> Any:
    """Stand in for `__import__`."""
    if threading.current_thread() is not threading.main_thread():
        return real_import(name, *arguments, **options)
    enter("MLflow" if name.partition(".")[0] == "mlflow" else "imports")
    try:
        return real_import(name, *arguments, **options)
    finally:
        if name not in seen:
            seen.add(name)
            patch()
        leave()


def report() -> None:
    """Write the seconds of this process, counted from before the restart of its interpreter."""
    switch(stack[-1])
    seconds["process"] = time.time() - float(os.environ["BENCH_STARTED"])
    path = f"{os.environ['BENCH_HOOK']}/{time.time_ns()}-{os.getpid()}.json"
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({"command": sys.orig_argv[1:], "seconds": seconds}, stream)


seen: set[str] = set()
real_import = builtins.__import__
if "BENCH_HOOK" in os.environ and any(part == "mlops.stage" or part.endswith("plain.py") for part in sys.orig_argv):
    os.environ.setdefault("BENCH_STARTED", str(time.time()))
    # The runner only starts the stage and waits for it, so the stage counts from the start of the runner.
    if "mlops.stage" not in sys.orig_argv or "MLOPS_STAGE" in os.environ:
        builtins.__import__ = importing
        atexit.register(report)
