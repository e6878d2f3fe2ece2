"""From new rows to the features of the model, and the test rows as if they were new."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from .common.config import Config
from .common.data_paths import TABLE
from .common.files import read_parquet
from .common.paths import PROCESSED, ROOT
from .features import build_features
from .tables.inputs import Contract, Made, read_contract, type_rows

__all__ = ["Contract", "features_of", "read_contract", "rows_of_test", "typed_rows"]


def features_of(table: pa.Table, contract: Contract) -> Made:
    """The features of the rows that can be used, made as those of the training rows were.

    Raises:
        ValueError: a column is missing.
    """
    typed, reasons = type_rows(table, contract)
    usable, data = typed[reasons == ""], contract.data
    names = usable[[data.id]] if data.id in typed.columns else pd.DataFrame(index=usable.index)
    # What is dropped is no input unless another feature is made from it, and need not be there.
    drop = [name for name in contract.features.drop if name in typed.columns]
    settings = contract.features.model_copy(update={"drop": drop})
    features = build_features(usable, data, settings) if len(usable) else usable
    return Made(features, names, reasons)


def rows_of_test(config: Config) -> tuple[pd.DataFrame, pd.Index]:
    """Rows as a model takes them, and the places in their index of the predictions of the test rows, in their order.

    They are all prepared rows where a feature is made from earlier ones.
    """
    table = read_parquet(ROOT / TABLE).drop(columns=config.data.target)
    places = read_parquet(ROOT / PROCESSED / "test.parquet", columns=[config.data.target]).index
    return (table if config.features.lags else table.loc[places]), places


def typed_rows(table: pa.Table, contract: Contract) -> pd.DataFrame:
    """New rows with the types of the training rows; what is none of its type is missing."""
    return type_rows(table, contract)[0]
