"""probado ui: show the runs of the project here in MLflow's pages, on this machine only."""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import sys

from probado.contract import DATABASE, STORE
from probado.errors import without_password

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
        return complain("MLflow is not installed here: run it in the project's environment")
    wanted = os.environ.get("MLFLOW_PORT", "5000")
    if not wanted.isdecimal():
        return complain(f"MLFLOW_PORT must be a number, found {wanted!r}")
    first, end = int(wanted), int(wanted) + TRIED
    port = next((port for port in range(first, end) if is_free(port)), None)
    if port is None:
        return complain(f"the ports {first} to {end - 1} are taken: set MLFLOW_PORT to a free one")
    if port != first:
        print(f"port {first} is taken by another program: MLflow is at http://127.0.0.1:{port}", flush=True)
    # One worker and no job workers: one person looks at runs, and eight processes fewer start in seconds.
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    serve = ["-m", "mlflow", "ui", "--workers", "1", "--port", str(port), "--backend-store-uri", store]
    os.execv(sys.executable, [sys.executable, *serve])  # noqa: S606 - Ctrl-C is for MLflow itself


def complain(reason: str) -> int:
    """Say why there is nothing to see; returns the exit status."""
    print(f"probado ui: {reason}", file=sys.stderr)
    return 1


def is_free(port: int) -> bool:
    """Whether nothing listens on this port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
