"""From a table of features to the input of an estimator, fitted on training rows only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def preprocessing(features: pd.DataFrame, scaled: bool) -> ColumnTransformer:
    """The transformer of a table of features into a matrix: categories one-hot, numbers unchanged or standardised."""
    numbers = [name for name in features.columns if pd.api.types.is_numeric_dtype(features[name])]
    categories = [name for name in features.columns if name not in numbers]
    scale: Pipeline | str = make_pipeline(SimpleImputer(), StandardScaler()) if scaled else "passthrough"
    # A category without training rows becomes zeros, not an error. Categories beyond the 50 most frequent become one,
    # so that a column of names does not become one column per row.
    encode = OneHotEncoder(handle_unknown="ignore", max_categories=50, sparse_output=False, dtype=np.float32)
    steps = [("numbers", scale, numbers), ("categories", encode, categories)]
    return ColumnTransformer([step for step in steps if step[2]], verbose_feature_names_out=False)


def encode_target(target: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Classes as int64 positions in the sorted names, numbers as float64; shape (rows,)."""
    if not classes:
        return target.to_numpy(dtype=np.float64)
    return pd.Categorical(target, categories=list(classes)).codes.astype(np.int64)
