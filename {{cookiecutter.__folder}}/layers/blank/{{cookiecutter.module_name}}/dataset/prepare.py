"""Make data/interim from data/raw: keep the usable samples and count the dropped ones.

Yours: replace `usable` with your own criterion.
"""

from __future__ import annotations

import hydra
import numpy as np
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import PICTURES, USABLE
from ..common.files import replacing, write_json
from ..common.paths import CONFIGS, COUNTS, ROOT, outputs


def usable(pictures: np.ndarray) -> np.ndarray:
    """Whether all pixels of each picture are finite: float (samples, size, size) to bool (samples,).

    Raises:
        ValueError: no picture is usable.
    """
    whole: np.ndarray = np.isfinite(pictures).all(axis=(1, 2))
    if not whole.any():
        raise ValueError(f"none of the {len(pictures)} pictures is whole")
    return whole


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim and reports/data_counts.json."""
    load(cfg)
    raw = np.load(ROOT / PICTURES)
    kept = usable(raw["pictures"])
    with replacing(outputs() / USABLE) as partial, partial.open("wb") as stream:
        np.savez(stream, pictures=raw["pictures"][kept], lying=raw["lying"][kept])
    write_json(outputs() / COUNTS, {"rows": {"read": len(kept), "kept": int(kept.sum())}})
    print(f"{kept.sum()} of {len(kept)} pictures kept")


if __name__ == "__main__":
    main()
