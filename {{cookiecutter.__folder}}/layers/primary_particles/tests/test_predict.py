"""The contract: new showers, a row per station, are predicted as those of the pipeline are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.dataset.showers import usable
from {{ cookiecutter.module_name }}.features import of_showers
from {{ cookiecutter.module_name }}.modeling import predict
from {{ cookiecutter.module_name }}.modeling.shared.fitting import fit
from {{ cookiecutter.module_name }}.modeling.shared.store import save
from {{ cookiecutter.module_name }}.new_rows import features_of
from {{ cookiecutter.module_name }}.shower_inputs import shower_contract
from {{ cookiecutter.module_name }}.simulation.generate import simulate

LEVELS = ["station", "event", "traces"]
Trained = Callable[[str], predict.Predictor]


def configured(level: str) -> Config:
    """The project's configuration for showers at this level."""
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        choices = ["data=showers", f"features={level}", "split=grouped", "model=random_forest", "experiment=none"]
        return load(compose("config", choices))


@pytest.fixture(scope="module")
def kept() -> dict[str, pa.Table]:
    """The prepared tables of 120 showers."""
    data: Any = configured("event").data
    return usable(simulate(np.arange(120), data, seed=1), data)[0]


@pytest.fixture(scope="module")
def trained(kept: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model that was trained on the first showers, for each level."""

    def trained(level: str) -> predict.Predictor:
        folder, config = tmp_path_factory.mktemp(level), configured(level)
        data: Any = config.data
        for name, table in kept.items():
            pq.write_table(table, folder / f"{name}.parquet")
        numbers = kept["events"]["shower"].to_pandas()
        written = shower_contract(folder, numbers, data, config.features)
        (folder / "inputs.json").write_text(json.dumps(written))
        rows = of_showers(kept, data.station.count, config.features).drop(columns="shower")
        save(fit(rows, rows, config), folder / "models", folder / "inputs.json")
        return predict.load(folder / "models")

    return trained


def raw(kept: dict[str, pa.Table]) -> pd.DataFrame:
    """A row per station, with its shower and its trace, in no order."""
    stations = kept["stations"].to_pandas().merge(kept["events"].to_pandas().drop(columns="primary"), on="shower")
    rows = stations.merge(kept["traces"].to_pandas(), on=["shower", "station"])
    return rows.sample(frac=1, random_state=3)


@pytest.mark.parametrize("level", LEVELS)
def test_new_showers_are_predicted_as_in_the_pipeline(kept: dict[str, pa.Table], trained: Trained, level: str) -> None:
    predictor, config, new = trained(level), configured(level), raw(kept)
    data: Any = config.data
    rows = of_showers(kept, data.station.count, config.features)
    expected = pd.DataFrame(predictor.fitted.predict(rows)).assign(shower=rows["shower"])

    found = predictor.predict(new)
    made = features_of(predictor.contract.as_read(new), predictor.contract).features

    # Every feature to the last digit, whatever the order of the rows.
    names = list(made.columns)
    ordered = (table[names].sort_values(names, ignore_index=True) for table in (made, rows))
    pd.testing.assert_frame_equal(*ordered, check_exact=True)
    assert len(found) == (len(new) if level == "station" else new["shower"].nunique())
    classes = [name for name in found.columns if name.startswith("p(")]
    if level == "station":
        expected["station"] = kept["stations"]["station"].to_numpy()
        found = found.join(new[["shower", "station"]])
        expected, found = (table.sort_values(["shower", "station"]) for table in (expected, found))
    else:
        expected, found = (table.sort_values("shower") for table in (expected, found))
    np.testing.assert_array_equal(found[classes].to_numpy(), expected[range(len(classes))].to_numpy())


def test_a_shower_that_cannot_be_used_is_named(kept: dict[str, pa.Table], trained: Trained, tmp_path: Path) -> None:
    predictor, new = trained("event"), raw(kept).sort_values(["shower", "station"]).drop(columns="trace")
    first, second = new["shower"].unique()[:2]
    new.loc[new.index[0], "signal"] = -1
    new = pd.concat([new[new["shower"] == first], new[new["shower"] == second].iloc[:1]])
    new.to_csv(tmp_path / "new.csv", index=False)

    predict.predict_file(predictor, tmp_path / "new.csv", tmp_path / "found.csv")

    reasons = pd.read_csv(tmp_path / "found.bad_rows.csv")["reason"].tolist()
    assert reasons[0] == "signal: it is missing or outside of 0.001 to 1e+07"
    assert set(reasons[1:-1]) == {"shower: another of its rows cannot be used"}
    assert reasons[-1] == "shower: fewer than 3 stations"
    with pytest.raises(ValueError, match="the rows lack 'zenith'; they have"):
        predictor.predict(new.drop(columns="zenith"))


def test_the_inputs_say_what_a_row_needs(trained: Trained) -> None:
    units = {one.name: one.unit for one in trained("traces").inputs}

    assert list(units)[:2] == ["shower", "energy"] and list(units)[-1] == "trace"
    assert (units["energy"], units["signal"], units["risetime"]) == ("eV", "VEM", "ns")
