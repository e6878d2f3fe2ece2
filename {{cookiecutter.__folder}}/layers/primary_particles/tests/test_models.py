"""Models: each file of configs/model/ fits, predicts probabilities, and is restored from its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.dataset.showers import usable
from {{ cookiecutter.module_name }}.features import of_showers
from {{ cookiecutter.module_name }}.modeling.shared.estimators import chosen
from {{ cookiecutter.module_name }}.modeling.shared.fitting import fit
from {{ cookiecutter.module_name }}.modeling.shared.store import Fitted, restore, save
from {{ cookiecutter.module_name }}.simulation.generate import simulate

MODELS = sorted(path.stem for path in Path(CONFIGS, "model").glob("*.yaml"))
# Settings of a short fit, and a batch size that leaves one row over.
FAST = {"max_epochs": 3, "n_estimators": 30, "components": 50, "batch_size": 53}


def configured(model: str) -> Config:
    level = "traces" if model.startswith("trace") else "event"
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        choices = ["data=showers", f"features={level}", "split=grouped", f"model={model}", "experiment=none"]
        composed = compose("config", choices)
        for name in FAST.keys() & composed.model.keys():
            composed.model[name] = FAST[name]
        return load(composed)


@pytest.fixture(scope="module")
def rows() -> Callable[[Config], pd.DataFrame]:
    """Features of 240 showers, simulated once."""
    data: Any = configured("fisher").data
    tables, _ = usable(simulate(np.arange(240), data, seed=1), data)
    return lambda config: of_showers(tables, data.station.count, config.features).drop(columns="shower")


def fitted(config: Config, table: pd.DataFrame) -> Fitted:
    """Fit the model on the first 160 showers; skip if its library is not installed."""
    try:
        return fit(table.iloc[:160], table.iloc[160:200], config)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{missing.name} is not installed")


@pytest.mark.parametrize("model", MODELS)
def test_model(
    model: str,
    rows: Callable[[Config], pd.DataFrame],
    adds_up: Callable[[Fitted, pd.DataFrame], None],
    tmp_path: Path,
) -> None:
    config = configured(model)
    table = rows(config)
    trained, again = fitted(config, table), fitted(config, table)
    predicted = trained.predict(table.iloc[200:])
    assert predicted.shape == (len(table) - 200, 4)
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
    # No model predicts the same for every shower.
    assert (predicted.std(axis=0) > 1e-4).any()
    save(trained, tmp_path / "models")
    save(again, tmp_path / "again")
    restored = restore(chosen(config), config.seed, config.threads, tmp_path / "models")
    np.testing.assert_array_equal(restored.predict(table.iloc[200:]), predicted)
    adds_up(restored, table.iloc[200:203])
    for file in sorted((tmp_path / "models").iterdir()):
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name
