"""The process in which a version predicts for rows of a file: python -m probado.life.worker MODULE ROWS FOUND.

Beside FOUND, with the suffix .json, it writes the inputs of the model.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from probado.files import read_frame
from probado.life.rows import as_json


def main(module: str, given: str, target: str) -> int:
    """Predict for a Parquet file of rows; returns the exit status, 1 where the version says why it cannot."""
    try:
        predictor = importlib.import_module(f"{module}.modeling.predict").load()
        predictor.predict(read_frame(Path(given))).to_parquet(target)
        inputs = [as_json(one) for one in predictor.inputs]
        Path(target).with_suffix(".json").write_text(json.dumps(inputs), encoding="utf-8")
    except Exception as error:  # noqa: BLE001 - whatever a version finds wrong is said by the process that asked
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
