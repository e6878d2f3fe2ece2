"""Show the runs in MLflow's pages, on this machine only: python -m mlops ui."""

from __future__ import annotations

import os
import socket
import sys

TRIED = 20


def show() -> int:
    """Serve the pages at MLFLOW_PORT, 5000 by default, or the next free port; returns the exit status.

    Raises:
        ValueError: no port is free.
    """
    store = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    if store.startswith("http"):
        print(f"the runs are at {store.rpartition('@')[2]}")
        return 0
    wanted = int(os.environ.get("MLFLOW_PORT", "5000"))
    port = next((port for port in range(wanted, wanted + TRIED) if is_free(port)), None)
    if port is None:
        raise ValueError(f"the ports {wanted} to {wanted + TRIED - 1} are taken: set MLFLOW_PORT to a free one")
    if port != wanted:
        print(f"port {wanted} is taken by another program: MLflow is at http://127.0.0.1:{port}", flush=True)
    # One worker and no job workers: one person looks at runs, and eight processes fewer start in seconds.
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    serve = ["-m", "mlflow", "ui", "--workers", "1", "--port", str(port), "--backend-store-uri", store]
    os.execv(sys.executable, [sys.executable, *serve])  # noqa: S606 - Ctrl-C is for MLflow itself


def is_free(port: int) -> bool:
    """Whether nothing listens on this port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
