"""The contract: new samples are predicted as those of the pipeline are."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.config import Data, Features, Model
from {{ cookiecutter.module_name }}.common.files import sha256
from {{ cookiecutter.module_name }}.dataset.acquire import generate
from {{ cookiecutter.module_name }}.features import build_features
from {{ cookiecutter.module_name }}.modeling.predict import Predictor, load
from {{ cookiecutter.module_name }}.modeling.train import fit

SIZE = 6
PICTURES, LYING = generate(Data(samples=60, size=SIZE, noise=0.3), seed=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A trained model."""
    model = fit(build_features(PICTURES, Features(border=0)), LYING, Model(name="logistic", C=1.0))["model"]
    joblib.dump(model, tmp_path / "model.joblib")
    (tmp_path / "inputs.json").write_text(json.dumps({"size": SIZE, "border": 0, "range": [-1.0, 2.0]}))
    (tmp_path / "manifest.json").write_text(json.dumps({path.name: sha256(path) for path in tmp_path.iterdir()}))
    return tmp_path


def rows(predictor: Predictor) -> pd.DataFrame:
    """The pictures as a table."""
    names = [one.name for one in predictor.inputs]
    return pd.DataFrame(PICTURES.reshape(len(PICTURES), -1), columns=names, index=range(100, 160))


def test_samples_are_predicted_as_in_the_pipeline(folder: Path) -> None:
    predictor = load(folder)
    expected = predictor.model.predict_proba(build_features(PICTURES, Features(border=0)))

    found = predictor.predict(rows(predictor))

    np.testing.assert_allclose(found[["p(0)", "p(1)"]].to_numpy(), expected)
    assert found.index.tolist() == list(range(100, 160)) and (found["predicted"] == LYING).mean() > 0.8


def test_what_cannot_be_used_is_named(folder: Path) -> None:
    predictor = load(folder)
    new = rows(predictor)
    with pytest.raises(ValueError, match="the rows lack 1 of 36 columns, the first is 'pixel 3'"):
        predictor.predict(new.drop(columns="pixel 3"))
    new.iloc[1, 2] = np.nan
    with pytest.raises(ValueError, match="row 2: a pixel is no finite number"):
        predictor.predict(new)


def test_a_model_of_another_hash_is_refused(folder: Path) -> None:
    (folder / "model.joblib").write_bytes(b"other")
    with pytest.raises(ValueError, match="is not the file that was trained"):
        load(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(ValueError, match="there is no model"):
        load(folder)
