"""Leakage: one model, with test rows chosen row by row and shower by shower."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..common.files import write_json
from ..common.paths import CONFIGS, outputs
from ..common.strict import checked
from .settings import STUDIES, Leakage, Studies, configured
from .simulated import rows

# Reconstructed quantities of a whole shower. They are the same in each row, and hardly depend on the primary.
NAMES_OF_A_SHOWER = ["lg_energy", "zenith", "azimuth"]


def test_rows(shower: np.ndarray, share: float, by_shower: bool, seed: int) -> np.ndarray:
    """Mask of the test rows, bool (rows,): rows drawn at random, or all rows of showers drawn at random."""
    rng = np.random.default_rng(seed)
    if not by_shower:
        return np.asarray(rng.random(len(shower)) < share)
    showers = np.unique(shower)
    return np.isin(shower, rng.permutation(showers)[: round(share * len(showers))])


def accuracies(table: pd.DataFrame, settings: Leakage, threads: int) -> dict[str, Any]:
    """Test accuracies, one per seed, by the choice of rows: with all features, and with NAMES_OF_A_SHOWER alone."""
    from xgboost import XGBClassifier

    shower = table["shower"].to_numpy()
    actual = pd.factorize(table["primary"], sort=True)[0]
    features = [name for name in table.columns if name not in ("shower", "primary")]
    found: dict[str, Any] = {}
    for way, by_shower in (("row by row", False), ("shower by shower", True)):
        found[way] = {"all features": [], "the shower's names alone": [], "test rows whose shower trained": []}
        for seed in settings.seeds:
            test = test_rows(shower, settings.test, by_shower, seed)
            found[way]["test rows whose shower trained"].append(float(np.isin(shower[test], shower[~test]).mean()))
            for what, names in (("all features", features), ("the shower's names alone", NAMES_OF_A_SHOWER)):
                model = XGBClassifier(**settings.xgboost.model_dump(), n_jobs=threads, random_state=seed)
                model.fit(table.loc[~test, names], actual[~test])
                right = model.predict(table.loc[test, names]) == actual[test]
                found[way][what].append(float(right.mean()))
    return found


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/leakage.json."""
    settings = checked(cfg, Studies).leakage
    config = configured("showers", "station")
    table = rows(config)
    found = accuracies(table, settings, config.threads)
    means = {way: float(np.mean(values["all features"])) for way, values in found.items()}
    result = {
        "rows": len(table),
        "showers": int(table["shower"].nunique()),
        "chance": 1 / table["primary"].nunique(),
        "accuracy": found,
        "mean": means,
        "gap": means["row by row"] - means["shower by shower"],
    }
    write_json(outputs() / STUDIES / "leakage.json", result)
    print(", ".join(f"{way}: accuracy {mean:.3f}" for way, mean in means.items()))


if __name__ == "__main__":
    main()
