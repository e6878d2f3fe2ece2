"""Bring data/raw: simulate showers, or fetch the images of the MAGIC telescope."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..config import load
from ..files import replacing
from ..paths import RAW, TABLE
from ..problem import Showers
from ..strict import CONFIGS, outputs


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write the tables of data/raw."""
    config = load(cfg)
    with replacing(outputs() / RAW) as partial:
        if isinstance(config.data, Showers):
            from ..simulation.generate import write

            rows = write(partial, config.data, config.seed, config.threads)
            served = ", ".join(f"{count} {name}" for name, count in rows.items())
        else:
            from .sources import bring

            partial.mkdir()
            served = f"from {bring(config.data.source, partial / TABLE)}"
    print(f"data/raw: {served}")


if __name__ == "__main__":
    main()
