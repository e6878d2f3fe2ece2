"""The model in MLflow: a reference to the folder that DVC keeps, not a second copy of it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from ...common.files import read_json, sha256
from .store import INPUTS_NAME

# Types of columns of new rows in MLflow's words; others are text.
TYPES = {"number": "double", "integer": "long", "date": "datetime"}
# MLflow's limit for the value of a tag.
LONGEST = 5000


def log_reference(name: str, folder: Path, task: str) -> None:
    """Log a model with its signature and the hash by which its folder is known, for the run that is active."""
    import mlflow

    columns = [
        {"type": TYPES.get(one["type"], "string"), "name": one["name"], "required": one["required"]}
        for one in read_json(folder / INPUTS_NAME)["inputs"]
    ]
    tags = {"path": folder.name, "manifest_sha256": sha256(folder / "manifest.json")}
    if len(signature := json.dumps(columns)) <= LONGEST:
        tags["signature"] = signature
    # A server older than MLflow 3 keeps no models.
    with contextlib.suppress(mlflow.MlflowException):
        mlflow.create_external_model(name, tags=tags, model_type=task)
