"""How rows are divided for cross-validation and for encodings: as the split divides them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from ...common.config import Config

# Positions of the rows to fit on and of those left out, int64.
Part = tuple[np.ndarray, np.ndarray]


def parts(rows: pd.DataFrame, config: Config, number: int) -> list[Part]:
    """Divide rows into so many parts, each left out once.

    Whole groups if the data have groups; neighbours in time if split=time; else at random, with the same share of every
    class unless split=random.

    Raises:
        ValueError: there are too few rows, groups or times.
    """
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

    data = config.data
    if config.split.kind == "time":
        return _by_time(rows, config, KFold(number))
    if data.group:
        named = rows[data.group]
        # Rows without a group are one.
        groups = pd.factorize(named, use_na_sentinel=False)[0] if named.isna().any() else named.to_numpy()
        return list(GroupKFold(number, shuffle=True, random_state=config.seed).split(rows, groups=groups))
    if data.task == "classification" and config.split.kind != "random":
        with warnings.catch_warnings():
            # That a class has fewer rows than there are parts is for the caller to judge.
            warnings.simplefilter("ignore", UserWarning)
            return list(StratifiedKFold(number, shuffle=True, random_state=config.seed).split(rows, rows[data.target]))
    return list(KFold(number, shuffle=True, random_state=config.seed).split(rows))


def later_parts(rows: pd.DataFrame, config: Config, number: int) -> list[Part]:
    """Divide rows by time into so many parts, each left out by a fit on all earlier rows.

    Raises:
        ValueError: there are too few times.
    """
    from sklearn.model_selection import TimeSeriesSplit

    return _by_time(rows, config, TimeSeriesSplit(number))


def _by_time(rows: pd.DataFrame, config: Config, splitter: Any) -> list[Part]:
    """The parts into which a splitter of scikit-learn divides the times; rows of one instant stay together."""
    # The number of the time of each row in their order.
    instant = np.unique(rows[config.data.time].to_numpy(), return_inverse=True)[1]
    divided = splitter.split(np.arange(instant.max() + 1))
    return [(np.flatnonzero(np.isin(instant, fit)), np.flatnonzero(np.isin(instant, left))) for fit, left in divided]
