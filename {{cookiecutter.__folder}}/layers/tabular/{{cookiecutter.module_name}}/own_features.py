"""Your own features: the place to add them. docs/own.md of the template shows more."""

from __future__ import annotations

import pandas as pd


def own_features(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Numbers or texts made from the columns of the same row, by the name of the feature.

    Statistics of several rows (means, scales, categories) belong in modeling/shared/preprocess.py, which is fitted on
    training rows only. Infinite values count as missing.

    Args:
        rows: the prepared table without the target; dropped columns are there too.

    Returns:
        Series with the index of `rows`, such as {"family": rows["SibSp"] + rows["Parch"]}.
    """
    return {}
