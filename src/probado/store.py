"""The project's MLflow store, opened without MLflow's own lines."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import Any

from probado.contract import DATABASE, STORE


def address(root: Path = Path()) -> str:
    """The address of the store of the project in a folder."""
    return os.environ.get(STORE) or f"sqlite:///{root / DATABASE}"


def open_client(store: str) -> Any:
    """MLflow's client of a store.

    Raises:
        Exception: whatever MLflow finds wrong with the address, the server or the database.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # These print a line for each table of a new database, and a traceback for errors that are raised anyway.
    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        client = MlflowClient(store)
        # The first question makes the tables of a new database.
        client.search_experiments(max_results=1)
        return client
