"""Every model on the same test showers, and on what other physics would have made of them."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..config import Config
from ..files import write_json
from ..modeling.domain import domain_metrics
from ..modeling.metrics import Metric, metrics_for, with_intervals
from ..modeling.preprocess import encode_target
from ..modeling.train import fit
from ..problem import Showers
from ..split import split_rows
from ..strict import CONFIGS, checked, outputs
from .settings import STUDIES, Studies, configured, rows

JUDGED_BY = ("accuracy", "proton_iron_auc", "proton_iron_merit_factor", "ln_mass_bias", "ln_mass_resolution")

# What traces have to beat.
FEATURES = "xgboost on event"


def judge(table: pd.DataFrame, predicted: np.ndarray, config: Config, named: dict[str, Metric]) -> dict[str, Any]:
    """Metrics with intervals; `predicted` (rows, classes), whole showers are drawn."""
    actual = encode_target(table["primary"], tuple(sorted(table["primary"].unique())))
    groups = table["shower"].to_numpy()
    return with_intervals(named, actual, predicted, config.evaluation, config.seed, config.threads, groups)


def against(named: dict[str, Metric], classes: int) -> dict[str, Metric]:
    """Metrics of two predictions side by side, (rows, 2 classes): the first one's minus the second one's.

    Under names of their own: the interval of an accuracy is not that of a difference.
    """

    def difference(metric: Metric) -> Metric:
        return lambda actual, both: metric(actual, both[:, :classes]) - metric(actual, both[:, classes:])

    return {f"{name}_difference": difference(metric) for name, metric in named.items()}


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/comparison.json."""
    settings = checked(cfg, Studies).comparison
    result: dict[str, Any] = {"models": {}, "systematics": {}, "differences": {}}
    predictions: dict[str, tuple[pd.DataFrame, np.ndarray]] = {}
    tables: dict[str, dict[str, pd.DataFrame]] = {}
    for level, model in settings.models:
        config = configured("showers", level, model=model)
        data = config.data
        assert isinstance(data, Showers)
        if level not in tables:
            table = rows(config)
            part = split_rows(table, data, config.split, config.seed)
            tables[level] = {name: of.reset_index(drop=True) for name, of in table.groupby(part)}
            numbers = np.unique(tables[level]["test"]["shower"])
            for name, changes in settings.systematics.items():
                changed = config.model_copy(update={"data": Showers.model_validate(data.model_dump() | changes)})
                tables[level][name] = rows(changed, numbers)
        of = tables[level]
        train, validation = (of[name].drop(columns="shower") for name in ("train", "validation"))
        fitted = fit(train, validation, config)
        classes = fitted.problem.classes
        named = metrics_for(classes) | domain_metrics(data, classes)
        named = {name: named[name] for name in JUDGED_BY}
        title = f"{model} on {level}"
        predictions[title] = of["test"], fitted.predict(of["test"])
        # With traces come the features of the event, and the cut is the same.
        cut = f"physics cut on {'station' if level == 'station' else 'event'}"
        if cut not in result["models"]:
            result["models"][cut] = judge(of["test"], fitted.predict_baseline(of["test"]), config, named)
        result["models"][title] = judge(*predictions[title], config, named)
        result["systematics"][title] = {
            name: judge(of[name], fitted.predict(of[name]), config, named) for name in settings.systematics
        }
        print(title, {name: round(metric["value"], 3) for name, metric in result["models"][title].items()})
    # Whether traces say more than features: on the same showers, so that most of the chance cancels.
    _, features = predictions[FEATURES]
    for title, (table, predicted) in predictions.items():
        if title.endswith(" on traces"):
            both = np.hstack([predicted, features])
            result["differences"][title] = judge(table, both, config, against(named, len(classes)))
    write_json(outputs() / STUDIES / "comparison.json", result)


if __name__ == "__main__":
    main()
