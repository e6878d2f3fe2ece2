"""Compare the models on the same test showers, and on the same showers with other physics."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..common.config import Config, Evaluation
from ..common.files import write_json
from ..common.paths import CONFIGS, outputs
from ..common.problem import Problem
from ..common.rows import Showers
from ..common.strict import checked
from ..dataset.showers import usable
from ..modeling.shared.domain import domain_metrics
from ..modeling.shared.estimators import chosen
from ..modeling.shared.fitting import fit
from ..modeling.shared.intervals import with_intervals
from ..modeling.shared.metrics import Counted, Metric, metrics_for
from ..modeling.shared.preprocess import encode_target
from ..split import split_rows
from .settings import STUDIES, Comparison, Studies, configured
from .simulated import rows, simulated_showers

# True quantities, each used with the reconstructed energy, which the models have too.
TRUTHS = {"truth: Xmax": ["xmax"], "truth: muons": ["lg_muons"], "truth: Xmax and muons": ["xmax", "lg_muons"]}


class Judge:
    """Metrics with intervals of predictions for rows of the test showers."""

    def __init__(self, config: Config, resamples: int) -> None:
        data: Any = config.data
        self.classes = tuple(sorted(data.primaries))
        self.config = config
        self.evaluation = Evaluation(confidence=config.evaluation.confidence, resamples=resamples)
        accuracy = {"accuracy": metrics_for(self.classes)["accuracy"]}
        self.named = accuracy | domain_metrics(data, self.classes)

    def of(self, table: pd.DataFrame, predicted: np.ndarray) -> dict[str, Any]:
        """The metrics of probabilities (rows, classes)."""
        return self._measured(self.named, table, predicted)

    def difference(self, table: pd.DataFrame, first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
        """The first one's metrics minus the second one's, on the same rows, so that most fluctuations cancel."""
        cut = len(self.classes)

        def minus(metric: Metric) -> Metric:
            def prepare(actual: np.ndarray, both: np.ndarray) -> Counted:
                one, other = metric.prepare(actual, both[:, :cut]), metric.prepare(actual, both[:, cut:])
                return lambda counts: one(counts) - other(counts)

            return Metric(prepare)

        # Other names, because an accuracy gets Wilson's interval, which does not apply to a difference.
        named = {f"{name}_difference": minus(metric) for name, metric in self.named.items()}
        return self._measured(named, table, np.hstack([first, second]))

    def _measured(self, named: dict[str, Metric], table: pd.DataFrame, predicted: np.ndarray) -> dict[str, Any]:
        actual, groups = encode_target(table["primary"], self.classes), table["shower"].to_numpy()
        return with_intervals(named, actual, predicted, self.evaluation, self.config.seed, self.config.threads, groups)


def configurations(settings: Comparison) -> dict[str, Config]:
    """The configuration of each model by its title. Builds every model, so that errors appear before any training.

    Raises:
        ValueError: a model or a level is unknown, or no model uses the level event.
    """
    found = {}
    for level, model in settings.models:
        config = configured("showers", level, model=model)
        chosen(config).estimator(Problem("classification", ("one", "other"), config.seed, config.threads))
        found[f"{model} on {level}"] = config
    if not any(config.features.level == "event" for config in found.values()):
        raise ValueError("configs: comparison.models needs a model on event: those on traces are compared with it")
    return found


def changed(settings: Comparison) -> dict[str, dict[str, Any]]:
    """Overrides of data/showers.yaml by the name of a change, checked like those of the command line."""
    for changes in settings.systematics.values():
        configured("showers", "event", more=[f"data.{key}={value}" for key, value in changes.items()])
    return settings.systematics


def shift(trained: dict[str, Any], changed: dict[str, Any], primaries: dict[str, float]) -> float:
    """How far the estimated ln A moves by a change of the physics, in units of its distance from proton to iron.

    Both are metrics of the test showers; the shift is the mean over the primaries.
    """
    light, *_, heavy = sorted(primaries, key=primaries.__getitem__)

    def bias(metrics: dict[str, Any], name: str) -> float:
        return float(metrics[f"ln_mass_bias_{name}"]["value"])

    span = np.log(primaries[heavy] / primaries[light]) + bias(trained, heavy) - bias(trained, light)
    return float(np.mean([bias(changed, name) - bias(trained, name) for name in primaries]) / span)


def truths(config: Config, of: dict[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Probabilities of the test showers from true quantities, by linear discriminants of the training showers.

    Their likelihood ratio is linear in the quantity, so that its merit factor is that of the quantity itself.

    Args:
        config: the simulation's.
        of: features of the event, one row per shower, by the part of the split.
    """
    truth = pd.concat([tables["truth"].to_pandas() for tables in simulated_showers(config)]).set_index("shower")
    train, test = (of[name].join(truth[["xmax", "lg_muons"]], on="shower") for name in ("train", "test"))
    found = {}
    for name, columns in TRUTHS.items():
        known = [*columns, "lg_energy"]
        model = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()).fit(train[known], train["primary"])
        found[name] = model.predict_proba(test[known])
    return found


def parts_of_showers(config: Config) -> pd.Series:
    """The part of each shower by its number. It is the same at every level, even if only some showers have traces."""
    data: Any = config.data
    kept = [usable(tables, data)[0]["events"].to_pandas() for tables in simulated_showers(config)]
    events = pd.concat(kept, ignore_index=True)
    return split_rows(events, data, config.split, config.seed).set_axis(events["shower"])


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/comparison.json."""
    studies = checked(cfg, Studies)
    configs, changes = configurations(studies.comparison), changed(studies.comparison)
    data: Any = next(iter(configs.values())).data
    parts = parts_of_showers(next(iter(configs.values())))
    judge = Judge(next(iter(configs.values())), studies.resamples)
    sections = "models", "against the cut", "against features", "systematics", "shift"
    result: dict[str, Any] = {section: {} for section in sections}
    tables: dict[str, dict[str, pd.DataFrame]] = {}
    predictions: dict[str, np.ndarray] = {}
    losses: dict[str, float] = {}
    for title, config in configs.items():
        level = config.features.level
        if level not in tables:
            tables[level] = of_level(config, parts, changes)
            if level == "event":
                for name, known in truths(config, tables[level]).items():
                    result["models"][name] = judge.of(tables[level]["test"], known)
        of = tables[level]
        train, validation = (of[name].drop(columns="shower") for name in ("train", "validation"))
        fitted = fit(train, validation, config)
        predictions[title], by_cut = fitted.predict(of["test"]), fitted.predict_baseline(of["test"])
        if level == "event":
            actual = encode_target(validation["primary"], judge.classes)
            losses[title] = metrics_for(judge.classes)["log_loss"](actual, fitted.predict(validation))
        # The level of traces has the features of the event, so it has the same cut.
        cut = f"physics cut on {'station' if level == 'station' else 'event'}"
        if cut not in result["models"]:
            result["models"][cut] = judge.of(of["test"], by_cut)
        result["models"][title] = judge.of(of["test"], predictions[title])
        result["against the cut"][title] = judge.difference(of["test"], predictions[title], by_cut)
        result["systematics"][title] = {name: judge.of(of[name], fitted.predict(of[name])) for name in changes}
        result["shift"][title] = {
            name: shift(result["models"][title], moved, data.primaries)
            for name, moved in result["systematics"][title].items()
        }
        print(title, {name: round(metric["value"], 3) for name, metric in result["models"][title].items()})
    # Validation showers choose the best model on features: the test showers must not.
    result["best on features"] = min(losses, key=losses.__getitem__)
    for title, config in configs.items():
        if config.features.level == "traces":
            test = tables["traces"]["test"]
            best = predictions[result["best on features"]][tables["event"]["test"]["shower"].isin(test["shower"])]
            result["against features"][title] = judge.difference(test, predictions[title], best)
    write_json(outputs() / STUDIES / "comparison.json", result)


def of_level(config: Config, parts: pd.Series, changes: dict[str, dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Rows of the train, validation and test showers, and of the test showers after each change of the simulation."""
    table = rows(config)
    found = {str(name): of.reset_index(drop=True) for name, of in table.groupby(table["shower"].map(parts))}
    numbers = np.unique(found["test"]["shower"])
    for name, change in changes.items():
        data = Showers.model_validate(config.data.model_dump() | change)
        found[name] = rows(config.model_copy(update={"data": data}), numbers)
    return found


if __name__ == "__main__":
    main()
