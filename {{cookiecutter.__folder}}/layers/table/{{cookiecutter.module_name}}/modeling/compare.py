"""Compare models by the same test rows: what `make promote` asks, see docs/promote.md.

Predictions are tables as `Predictor.predict` makes them: `predicted`, and for classes `p(NAME)` of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from hydra import compose, initialize_config_dir

from ..common.config import Config, load
from ..common.files import read_parquet
from ..common.paths import CONFIGS, MODELS, PROCESSED, ROOT
from ..common.strict import nearest
from ..new_rows import rows_of_test
from .evaluate import drawn_together
from .shared.estimators import chosen
from .shared.fitting import metrics_of, weights_of
from .shared.intervals import with_intervals
from .shared.metrics import Counted, Metric
from .shared.preprocess import encode_target
from .shared.store import Fitted, restore

# Resamples of a paired bootstrap: its bound lies far out.
RESAMPLES = 2000


@dataclass(frozen=True)
class Comparison:
    """The test rows, and what judges predictions of them.

    `rows` come from the source and hold the test rows, for which the predictions at `places` of their index are made.
    `test` are the same rows as the model sees them.
    """

    config: Config
    fitted: Fitted
    rows: pd.DataFrame
    places: pd.Index
    test: pd.DataFrame

    @property
    def usual(self) -> str:
        """The metric where none is named."""
        return "roc_auc" if self.fitted.problem.classes else "rmse"

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """The metrics of the project by name."""
        return metrics_of(self.config.data, self.fitted.problem.classes)

    @cached_property
    def actual(self) -> np.ndarray:
        """What the test rows are: integer codes or numbers, (rows,)."""
        return encode_target(self.test[self.config.data.target], self.fitted.problem.classes)

    @property
    def targets(self) -> pd.Series:
        """What the test rows are, as the data say it, in the order of `places`."""
        return self.test[self.config.data.target]

    def of_baseline(self) -> pd.DataFrame:
        """The baseline's predictions of the test rows."""
        found, classes = self.fitted.predict_baseline(self.test), self.fitted.problem.classes
        if not classes:
            return pd.DataFrame({"predicted": found})
        shares = {f"p({name})": found[:, code] for code, name in enumerate(classes)}
        return pd.DataFrame({"predicted": np.array(classes)[found.argmax(axis=1)], **shares})

    def value(self, name: str, predicted: pd.DataFrame, where: dict[str, str | float]) -> float:
        """A metric of the test rows that have these values in columns of the source; of all if there are none.

        Raises:
            ValueError: there is no such metric, column or value, or these rows cannot be scored.
        """
        metric, kept = self._metric(name), self._mask(where)
        weights = weights_of(self.test, self.config.data)
        with np.errstate(all="ignore"):
            try:
                found = metric(
                    self.actual[kept], self._numbers(predicted)[kept], None if weights is None else weights[kept]
                )
            except (ArithmeticError, IndexError):
                found = np.nan
        if not np.isfinite(found):
            raise ValueError(f"{int(kept.sum())} test rows with {where} have no {name}: such as rows of one class")
        return float(found)

    def is_loss(self, name: str) -> bool:
        """Whether less of a metric is better; raises ValueError if there is no such metric."""
        return self._metric(name).loss

    def lead(self, name: str, first: pd.DataFrame, second: pd.DataFrame, confidence: float) -> dict[str, float]:
        """By how much the first predictions are better: value, and low, its lower bound, one-sided.

        The bound is a percentile of a bootstrap that draws the same rows for both (B. Efron and R. J. Tibshirani, An
        Introduction to the Bootstrap (1993), chapters 8 and 13).

        Raises:
            ValueError: there is no such metric.
        """
        metric = self._metric(name)

        def prepare(actual: np.ndarray, both: np.ndarray) -> Counted:
            one, other = (metric.prepare(actual, given) for given in both)
            return lambda counts: (other(counts) - one(counts)) if metric.loss else (one(counts) - other(counts))

        config = self.config
        evaluation = config.evaluation.model_copy(update={"resamples": RESAMPLES, "confidence": 2 * confidence - 1})
        return with_intervals(
            {"lead": Metric(prepare, weighable=metric.weighable)},
            self.actual,
            np.stack([self._numbers(first), self._numbers(second)]),
            evaluation,
            config.seed,
            config.threads,
            drawn_together(self.test, config),
            weights_of(self.test, config.data),
        )["lead"]

    def _numbers(self, predicted: pd.DataFrame) -> np.ndarray:
        """Predictions as metrics take them. Of a class that a model does not know the probability is 0."""
        classes = self.fitted.problem.classes
        if not classes:
            return predicted["predicted"].to_numpy(dtype=np.float64)
        return predicted.reindex(columns=[f"p({name})" for name in classes], fill_value=0.0).to_numpy(dtype=np.float64)

    def _metric(self, name: str) -> Metric:
        if name not in self.metrics:
            raise ValueError(f"there is no metric {name!r}; {nearest(name, self.metrics)}")
        return self.metrics[name]

    def _mask(self, where: dict[str, str | float]) -> np.ndarray:
        kept = np.ones(len(self.places), dtype=bool)
        rows = self.rows.loc[self.places]
        for column, value in where.items():
            if column not in rows.columns:
                raise ValueError(f"slice: the data have no column {column!r}; {nearest(column, rows.columns)}")
            kept &= (rows[column] == value).to_numpy()
        if not kept.any():
            raise ValueError(f"slice: no test row has {where}")
        return kept


def comparison() -> Comparison:
    """What compares models in this project, of its present configuration, model and test rows.

    Raises:
        ValueError: the model is not the configured one, or the configuration is wrong.
        OSError: a file is missing.
    """
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        config = load(compose("config"))
    rows, places = rows_of_test(config)
    fitted = restore(chosen(config), config.seed, config.threads, ROOT / MODELS)
    return Comparison(config, fitted, rows, places, read_parquet(ROOT / PROCESSED / "test.parquet"))
