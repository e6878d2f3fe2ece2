"""What deep learning gives over the best traditional way, at a number of training showers, for one seed."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from ..common.files import read_json, write_json
from ..common.paths import CONFIGS, ROOT, outputs
from ..common.strict import checked
from ..modeling.shared.fitting import fit
from .comparison import Judge
from .settings import STUDIES, Studies, configured
from .simulated import rows
from .tuning import parts, with_settings


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/verdict/N-S.json for verdict.train = N and verdict.seed = S.

    Each seed has its own training and test showers and its own random numbers of the models. All models have the same
    showers, so that differences of two models are paired by seed and shower.
    """
    verdict = checked(cfg, Studies).verdict
    tuned = read_json(ROOT / STUDIES / "tuning.json")
    judge = Judge(configured("showers", "event"), resamples=0)
    found: dict[str, dict[str, float]] = {}
    # The features of the training and the test showers, made once for all models at a level.
    tables: dict[str, tuple[Any, Any, Any]] = {}
    for title, contestant in verdict.models.items():
        config, level = with_settings(contestant, verdict.seed, tuned[title]["settings"]), contestant.features
        if level not in tables:
            apart = with_settings(contestant, verdict.test_seed + verdict.seed, {})
            tables[level] = (*parts(config, verdict.train), rows(apart, np.arange(verdict.test)))
        train, validation, test = tables[level]
        metrics = judge.of(test, fit(train, validation, config).predict(test))
        found[title] = {name: metric["value"] for name, metric in metrics.items()}
        print(title, {name: round(value, 3) for name, value in list(found[title].items())[:3]}, flush=True)
    result = {"train": verdict.train, "seed": verdict.seed, "models": found}
    # Neither is a change of the configuration: each pair has a stage of its own.
    own = ("verdict.train=", "verdict.seed=")
    changes = [one for one in HydraConfig.get().overrides.task if not one.startswith(own)]
    name = f"{verdict.train}-{verdict.seed}.json"
    write_json((outputs() if changes else ROOT) / STUDIES / "verdict" / name, result)


if __name__ == "__main__":
    main()
