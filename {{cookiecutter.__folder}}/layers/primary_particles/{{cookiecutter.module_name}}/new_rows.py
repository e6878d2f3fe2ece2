"""From new rows to the features of the model: images of the telescope, or showers by their stations."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from .common.rows import OfStations
from .features import hillas_features, of_showers
from .shower_inputs import ShowerContract, tables, typed
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
