"""What deep learning gives over the best traditional way, at a number of training showers, over several seeds."""

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
    """Write reports/studies/verdict/N.json for verdict.train = N.

    Each seed has its own training showers and its own random numbers of the models. The test showers are the same for
    all, so that differences of two models are paired by seed and shower.
    """
    verdict = checked(cfg, Studies).verdict
    tuned = read_json(ROOT / STUDIES / "tuning.json")
    found: dict[str, list[dict[str, float]]] = {title: [] for title in verdict.models}
    judge = Judge(configured("showers", "event"), resamples=0)
    tests: dict[str, Any] = {}
    for seed in verdict.seeds:
        # The features of this seed's showers, made once for all models at a level.
        tables: dict[str, Any] = {}
        for title, contestant in verdict.models.items():
            config, level = with_settings(contestant, seed, tuned[title]["settings"]), contestant.features
            if level not in tests:
                tests[level] = rows(with_settings(contestant, verdict.test_seed, {}), np.arange(verdict.test))
            if level not in tables:
                tables[level] = parts(config, verdict.train)
            train, validation = tables[level]
            metrics = judge.of(tests[level], fit(train, validation, config).predict(tests[level]))
            one = {name: metric["value"] for name, metric in metrics.items()}
            found[title].append(one)
            print(title, seed, {name: round(value, 3) for name, value in list(one.items())[:3]}, flush=True)
    result = {"train": verdict.train, "seeds": verdict.seeds, "models": found}
    # The number of showers is no change of the configuration: each has a stage of its own.
    changes = [one for one in HydraConfig.get().overrides.task if not one.startswith("verdict.train=")]
    write_json((outputs() if changes else ROOT) / STUDIES / "verdict" / f"{verdict.train}.json", result)


if __name__ == "__main__":
    main()
