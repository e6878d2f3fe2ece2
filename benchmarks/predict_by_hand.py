"""Predict for a large table as a script does it: python predict_by_hand.py CSV MODELS OUTPUT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from xgboost import XGBClassifier


def main(source: str, models: str, target: str) -> None:
    """Read, leave out what cannot be used, predict, and write what make predict writes."""
    manifest = json.loads(Path(models, "manifest.json").read_text())
    model = XGBClassifier(n_jobs=2)
    model.load_model(Path(models, "model.ubj"))
    table = pd.read_csv(source)
    rows = table[manifest["features"]].apply(pd.to_numeric, errors="coerce")
    good = (rows.notna() & (rows.abs() <= 10)).all(axis=1)
    given = model.predict_proba(rows[good]).astype(float)
    found = pd.DataFrame({"predicted": np.array(manifest["classes"])[given.argmax(axis=1)]}, index=rows.index[good] + 1)
    for code, name in enumerate(manifest["classes"]):
        found[f"p({name})"] = given[:, code]
    found.to_csv(target, index_label="row")


if __name__ == "__main__":
    main(*sys.argv[1:])
