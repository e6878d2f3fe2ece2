"""Make data/raw: simulate showers, or fetch the images of the MAGIC telescope."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import RAW_TABLES
from ..common.files import replacing
from ..common.paths import CONFIGS, outputs
from ..common.rows import Showers


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write the tables of data/raw."""
    config = load(cfg)
    with replacing(outputs() / RAW_TABLES) as partial:
        if isinstance(config.data, Showers):
            from ..simulation.generate import write

            rows = write(partial, config.data, config.seed, config.threads)
            served = ", ".join(f"{count} {name}" for name, count in rows.items())
        else:
            from .sources import bring

            served = f"from {bring(config.data.source, partial)}"
    print(f"data/raw: {served}")


if __name__ == "__main__":
    main()
