"""Write the project's model as MLflow's own, and a row for each server: python as_mlflow.py FOLDER, in the project."""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path


def main(folder: Path) -> None:
    """Write model/, row.json and mlflow_row.json."""
    import mlflow
    from sklearn.pipeline import make_pipeline

    warnings.simplefilter("ignore")
    predictor = importlib.import_module("bench.modeling.predict").load()
    row = {one.name: one.example for one in predictor.inputs if one.required}
    fitted = predictor.fitted
    model = make_pipeline(fitted.preprocess, fitted.estimator)
    mlflow.sklearn.save_model(model, folder / "model", pyfunc_predict_fn="predict_proba", serialization_format="pickle")
    (folder / "row.json").write_text(json.dumps(row), encoding="utf-8")
    (folder / "mlflow_row.json").write_text(json.dumps({"dataframe_records": [row]}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
