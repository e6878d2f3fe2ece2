"""probado ui: show the runs of the project here in MLflow's pages, on this machine only."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import socket
import sqlite3
import sys
from pathlib import Path

from probado.contract import DATABASE, STORE
from probado.errors import Refused, without_password

TRIED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: it has none, variables say the rest."""
    parser.epilog = "MLFLOW_PORT names the port, 5000 by default; the next free one is taken."


def run(_: argparse.Namespace) -> int:
    """Serve the pages until Ctrl-C; returns the exit status."""
    store = os.environ.get(STORE) or f"sqlite:///{DATABASE}"
    if store.startswith("http"):
        print(f"the runs are at {without_password(store)}")
        return 0
    if importlib.util.find_spec("mlflow") is None:
        raise Refused("MLflow is not installed here: run it in the project's environment")
    wanted = os.environ.get("MLFLOW_PORT", "5000")
    if not wanted.isdecimal():
        raise Refused(f"MLFLOW_PORT must be a number, found {wanted!r}")
    first, end = int(wanted), int(wanted) + TRIED
    port = next((port for port in range(first, end) if is_free(port)), None)
    if port is None:
        raise Refused(f"the ports {first} to {end - 1} are taken: set MLFLOW_PORT to a free one")
    if port != first:
        print(f"port {first} is taken by another program", flush=True)
    print(f"the runs are at http://127.0.0.1:{port}/{page(store)}", flush=True)
    # One worker and no job workers: one person looks at runs, and eight processes fewer start in seconds.
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    serve = ["-m", "mlflow", "ui", "--workers", "1", "--port", str(port), "--backend-store-uri", store]
    os.execv(sys.executable, [sys.executable, *serve])  # noqa: S606 - Ctrl-C is for MLflow itself


def page(store: str) -> str:
    """The page of the experiment with the newest run, because MLflow opens on another one; "" if that is not known."""
    # Asked of the database, because MLflow's client takes seconds to import.
    place = Path(store.removeprefix("sqlite:///"))
    if not store.startswith("sqlite:///") or not place.is_file():
        return ""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(place)) as database:
        newest = "SELECT experiment_id FROM runs ORDER BY start_time DESC LIMIT 1"
        if found := database.execute(newest).fetchone():
            return f"#/experiments/{found[0]}"
    return ""


def is_free(port: int) -> bool:
    """Whether nothing listens on this port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
