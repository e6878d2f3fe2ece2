"""How MLflow runs are called, so that people find them."""

from __future__ import annotations

import os
from typing import Any

from hydra.core.hydra_config import HydraConfig


def described(**more: str) -> dict[str, Any]:
    """Name and tags of a run, as arguments of mlflow.start_run.

    The name is the model, the data and the commit; the tags are the chosen file of each group in configs/, and `more`.
    """
    choices = {group: name for group, name in HydraConfig.get().runtime.choices.items() if "/" not in group}
    # Set by the stage runner.
    commit = os.environ.get("MLOPS_COMMIT", "")
    return {"run_name": " ".join(filter(None, [choices["model"], choices["data"], commit])), "tags": choices | more}
