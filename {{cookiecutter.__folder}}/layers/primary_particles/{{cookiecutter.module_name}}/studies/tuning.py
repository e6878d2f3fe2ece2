"""Settings for the models of the verdict: the same number of random trials for each, judged by validation showers."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..common.config import Config
from ..common.files import write_json
from ..common.paths import CONFIGS, outputs
from ..common.strict import checked
from ..modeling.shared.fitting import fit, scored
from .settings import STUDIES, Contestant, Studies, configured
from .simulated import rows


def with_settings(contestant: Contestant, seed: int, settings: dict[str, Any]) -> Config:
    """The configuration of a model with these settings and this seed."""
    more = [f"seed={seed}", *(f"model.{name}={value}" for name, value in settings.items())]
    return configured("showers", contestant.features, model=contestant.model, more=more)


def parts(config: Config, train: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of so many training showers of the seed, and of a quarter as many for validation."""
    number = train + train // 4
    data: Any = config.data
    # Traces of all of them.
    every = config.model_copy(update={"data": data.model_copy(update={"traces": number})})
    table = rows(every, np.arange(number))
    first = table["shower"] < train
    training, validation = (table[of].drop(columns="shower").reset_index(drop=True) for of in (first, ~first))
    return training, validation


def drawn(space: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One value of each setting: of a list, or of a range, evenly in the logarithm if it says so."""
    found: dict[str, Any] = {}
    for name, values in space.items():
        if isinstance(values, list):
            found[name] = values[int(rng.integers(len(values)))]
        elif values.get("log"):
            found[name] = float(np.exp(rng.uniform(np.log(values["low"]), np.log(values["high"]))))
        elif isinstance(values["low"], int):
            found[name] = int(rng.integers(values["low"], values["high"] + 1))
        else:
            found[name] = float(rng.uniform(values["low"], values["high"]))
    return found


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/tuning.json."""
    verdict = checked(cfg, Studies).verdict
    result: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for title, contestant in verdict.models.items():
        # The first trial is the project's own settings.
        rng, trials = np.random.default_rng(verdict.tuning_seed), list[dict[str, Any]]()
        for number in range(verdict.trials):
            settings = drawn(contestant.space, rng) if number else {}
            config = with_settings(contestant, verdict.tuning_seed, settings)
            if contestant.features not in tables:
                tables[contestant.features] = parts(config, verdict.tuned_at)
            train, validation = tables[contestant.features]
            loss = scored(fit(train, validation, config), validation, config)["log_loss"]
            trials.append({"settings": settings, "log_loss": loss})
            print(title, number, round(loss, 4), settings, flush=True)
        best = min(trials, key=lambda trial: trial["log_loss"])
        result[title] = {"settings": best["settings"], "trials": trials}
    write_json(outputs() / STUDIES / "tuning.json", result)


if __name__ == "__main__":
    main()
