"""From new rows, images of the telescope or stations of showers, to features; and the test rows as if they were new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .common.config import Config
from .common.data_paths import TABLES
from .common.files import read_parquet
from .common.paths import ROOT
from .common.rows import OfStations, OfTraces, Showers
from .features import hillas_features, of_showers
from .shower_inputs import ShowerContract, tables, typed
from .split import split_rows
from .tables import inputs
from .tables.inputs import Made, type_rows

Contract = inputs.Contract | ShowerContract


def read_contract(written: dict[str, Any]) -> Contract:
    """A contract as it was written."""
    return ShowerContract.model_validate(written) if "count" in written else inputs.read_contract(written)


def features_of(table: pa.Table, contract: Contract) -> Made:
    """The features of the rows that can be used, made as those of the training rows were.

    Of showers at the level `station` a row is a station. At the others all rows of a shower make one prediction, by the
    number of the first of them, and are named by `shower`.

    Raises:
        ValueError: a column is missing.
    """
    if not isinstance(contract, ShowerContract):
        images, reasons = type_rows(table, contract)
        usable = images[reasons == ""]
        return Made(hillas_features(usable), pd.DataFrame(index=usable.index), reasons)
    rows, reasons = typed(table, contract)
    usable = rows[reasons == ""]
    if usable.empty:
        return Made(usable, usable[[]], reasons)
    features = of_showers(tables(usable, table, contract.features), contract.count, contract.features)
    first = usable.reset_index().groupby("shower")["index"].first()
    features.index = pd.Index(first.loc[features["shower"]].to_numpy())
    names = pd.DataFrame(index=features.index)
    if not isinstance(contract.features, OfStations):
        names["shower"] = table["shower"].take(pa.array(features.index)).to_pandas().to_numpy()
    return Made(features.drop(columns=["shower", "primary"]), names, reasons)


def typed_rows(table: pa.Table, contract: Contract) -> pd.DataFrame:
    """New rows with the types of the training rows; what is none of its type is missing."""
    return (typed(table, contract) if isinstance(contract, ShowerContract) else type_rows(table, contract))[0]


def rows_of_test(config: Config) -> tuple[pd.DataFrame, pd.Index]:
    """Rows as a model takes them, and the places in their index of the predictions of the test rows, in their order."""
    events = read_parquet(ROOT / TABLES / "events.parquet")
    test = events[(split_rows(events, config.data, config.split, config.seed) == "test").to_numpy()]
    rows = test.drop(columns=config.data.target)
    if not isinstance(config.data, Showers):
        return rows, rows.index
    names = ["stations", *(["traces"] if isinstance(config.features, OfTraces) else [])]
    of_test = [("shower", "in", rows["shower"].tolist())]
    tables = {name: pq.read_table(ROOT / TABLES / f"{name}.parquet", filters=of_test) for name in names}
    stations = tables["stations"].to_pandas()
    if "traces" in tables:
        # Of the first showers only, in the order of their stations.
        stations = stations[stations["shower"].isin(np.unique(tables["traces"]["shower"]))].reset_index(drop=True)
        stations["trace"] = tables["traces"]["trace"].to_pandas()
    rows = stations.merge(rows, on="shower", how="left")
    return rows, rows.index if isinstance(config.features, OfStations) else rows.drop_duplicates("shower").index
