"""The process in which a version reads a file: python -m probado.life.watch.reader MODULE FILE FOLDER.

It writes rows.parquet, their typed columns, predicted.parquet, inputs.json, and reasons.json, why rows cannot be used.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from probado.life.rows import as_json


def main(module: str, source: str, folder: str) -> int:
    """Read and predict; returns the exit status, 1 where the version says why it cannot."""
    target = Path(folder)
    try:
        predictor = importlib.import_module(f"{module}.modeling.predict").load()
        rows, predicted, reasons = predictor.read(Path(source))
    except Exception as error:  # noqa: BLE001 - whatever a version finds wrong is said by the process that asked
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    rows.to_parquet(target / "rows.parquet")
    predicted.to_parquet(target / "predicted.parquet")
    told = {"inputs": [as_json(one) for one in predictor.inputs], "reasons": [text for text in reasons if text]}
    for name, value in told.items():
        (target / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
