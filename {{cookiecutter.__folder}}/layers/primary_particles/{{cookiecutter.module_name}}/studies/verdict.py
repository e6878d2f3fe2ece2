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
    result: dict[str, Any] = {"train": verdict.train, "seeds": verdict.seeds, "models": {}}
    judge = Judge(configured("showers", "event"), resamples=0)
    tests: dict[str, Any] = {}
    for title, contestant in verdict.models.items():
        found = []
        for seed in verdict.seeds:
            config = with_settings(contestant, seed, tuned[title]["settings"])
            if contestant.features not in tests:
                tests[contestant.features] = rows(
                    with_settings(contestant, verdict.test_seed, {}), np.arange(verdict.test)
                )
            train, validation = parts(config, verdict.train)
            test = tests[contestant.features]
            metrics = judge.of(test, fit(train, validation, config).predict(test))
            found.append({name: metric["value"] for name, metric in metrics.items()})
            print(title, seed, {name: round(value, 3) for name, value in list(found[-1].items())[:3]}, flush=True)
        result["models"][title] = found
    # The number of showers is no change of the configuration: each has a stage of its own.
    changes = [one for one in HydraConfig.get().overrides.task if not one.startswith("verdict.train=")]
    write_json((outputs() if changes else ROOT) / STUDIES / "verdict" / f"{verdict.train}.json", result)


if __name__ == "__main__":
    main()
