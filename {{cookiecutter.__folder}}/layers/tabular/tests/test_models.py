"""Models: each file of configs/model/ fits, predicts better than the baseline, and is restored from its files."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.modeling import models
from {{ cookiecutter.module_name }}.modeling.shared.estimators import chosen
from {{ cookiecutter.module_name }}.modeling.shared.fitting import fit
from {{ cookiecutter.module_name }}.modeling.shared.metrics import metrics_for
from {{ cookiecutter.module_name }}.modeling.shared.preprocess import encode_target
from {{ cookiecutter.module_name }}.modeling.shared.store import Fitted, restore, save

MODELS = sorted(path.stem for path in Path(CONFIGS, "model").glob("*.yaml"))
FITTING = [(model, task) for model in MODELS for task in import_module(f"{models.__name__}.{model}").Model.tasks]
AddsUp = Callable[[Fitted, pd.DataFrame], None]
with_each_model = pytest.mark.parametrize(("model", "task"), FITTING)


@pytest.fixture
def rows(task: str, table: pd.DataFrame, number_table: pd.DataFrame) -> pd.DataFrame:
    return table if task == "classification" else number_table


def configured(model: str, task: str, *more: str) -> Config:
    """The project's configuration with this model, for the table of these tests."""
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        choices = ["data=breast_cancer", "features=default", "split=random", f"model={model}"]
        choices += ["experiment=none", f"data.task={task}", "data.target=y", "data.columns={}", *more]
        return load(compose("config", choices))


def fitted(config: Config, rows: pd.DataFrame) -> Fitted:
    """Fit the model on the first 200 rows; skip if its library is not installed."""
    try:
        return fit(rows.iloc[:200], rows.iloc[200:250], config)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{missing.name} is not installed")


@with_each_model
def test_model(model: str, task: str, rows: pd.DataFrame, adds_up: AddsUp, tmp_path: Path) -> None:
    trained = fitted(configured(model, task), rows)
    test = rows.iloc[250:]
    predicted = trained.predict(test)

    save(trained, tmp_path / "models")
    restored = restore(trained.settings, seed=42, threads=2, folder=tmp_path / "models")
    np.testing.assert_array_equal(restored.predict(test), predicted)
    np.testing.assert_array_equal(restored.predict_baseline(test), trained.predict_baseline(test))

    adds_up(restored, test[:3])

    assert predicted.shape == ((50, 2) if task == "classification" else (50,))
    if task == "classification":
        np.testing.assert_allclose(predicted.sum(axis=1), 1)
    actual = encode_target(test["y"], trained.problem.classes)
    metric = metrics_for(trained.problem.classes)["roc_auc" if task == "classification" else "r2"]
    if model == "dummy":
        np.testing.assert_array_equal(predicted, trained.predict_baseline(test))
    else:
        assert metric(actual, predicted) > metric(actual, trained.predict_baseline(test)) + 0.2


@with_each_model
def test_rows_that_weigh_nothing_do_not_count(model: str, task: str, rows: pd.DataFrame) -> None:
    config = configured(model, task, "data.weight=counts")
    if not chosen(config).weighted:
        pytest.skip(f"{model} cannot weigh rows")
    wrong = rows.index < 100
    target = rows["y"].where(~wrong, rows["y"].map({"yes": "no", "no": "yes"}) if task == "classification" else 30)
    weighed = rows.assign(y=target, counts=1.0 - wrong)
    trained = fitted(config, weighed)

    test, actual = rows.iloc[250:], encode_target(rows["y"].iloc[250:], trained.problem.classes)
    metric = metrics_for(trained.problem.classes)["log_loss" if task == "classification" else "rmse"]
    misled = fitted(configured(model, task), weighed.drop(columns="counts"))
    assert metric(actual, trained.predict(test)) < 0.95 * metric(actual, misled.predict(test))


@with_each_model
def test_the_same_rows_give_the_same_files(model: str, task: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("first", "second"):
        save(fitted(configured(model, task), rows), tmp_path / name)

    for first in sorted((tmp_path / "first").iterdir()):
        assert first.read_bytes() == (tmp_path / "second" / first.name).read_bytes(), first.name


def test_the_column_order_and_unknown_categories_do_not_matter(table: pd.DataFrame) -> None:
    trained = fitted(configured("logistic", "classification"), table)
    test = table.iloc[250:]

    np.testing.assert_array_equal(trained.predict(test[test.columns[::-1]]), trained.predict(test))
    assert np.isfinite(trained.predict(test.assign(color="green"))).all()


def test_a_changed_file_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    trained = fitted(configured("logistic", "classification"), table)
    save(trained, tmp_path / "models")
    with (tmp_path / "models" / "model.joblib").open("ab") as stream:
        stream.write(b"\0")

    with pytest.raises(ValueError, match=r"models/model\.joblib is not the file that was trained"):
        restore(trained.settings, seed=42, threads=2, folder=tmp_path / "models")


def test_another_model_than_the_trained_one_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    save(fitted(configured("logistic", "classification"), table), tmp_path / "models")
    other = chosen(configured("dummy", "classification"))

    with pytest.raises(ValueError, match=r"holds .*'logistic'.*, configured is \{'name': 'dummy'\}: train first"):
        restore(other, seed=42, threads=2, folder=tmp_path / "models")
