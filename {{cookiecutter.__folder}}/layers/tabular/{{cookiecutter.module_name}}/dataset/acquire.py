"""Bring the raw table into data/raw, unchanged."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import RAW_TABLE
from ..common.files import replacing
from ..common.paths import CONFIGS, outputs
from .sources import bring, notes_on_git


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/raw."""
    source = load(cfg).data.source
    with replacing(outputs() / RAW_TABLE) as partial:
        served = bring(source, partial)
    print(f"data/raw: from {served}", *notes_on_git(source), sep="\n")


if __name__ == "__main__":
    main()
