"""Bring the raw data into data/raw, unchanged.

Yours: replace `generate` with code that downloads, copies or simulates your data.
"""

from __future__ import annotations

import hydra
import numpy as np
from omegaconf import DictConfig

from ..common.config import Data, load
from ..common.data_paths import PICTURES
from ..common.files import replacing
from ..common.paths import CONFIGS, outputs


def generate(data: Data, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures of a line, float32 (samples, size, size); 1 if it is horizontal, else 0, int64 (samples,)."""
    rng = np.random.default_rng(seed)
    pictures = rng.normal(scale=data.noise, size=(data.samples, data.size, data.size))
    lying, place = rng.integers(2, size=data.samples), rng.integers(data.size, size=data.samples)
    for picture, lies, line in zip(pictures, lying, place, strict=True):
        (picture if lies else picture.T)[line] += 1
    return pictures.astype(np.float32), lying


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/raw."""
    config = load(cfg)
    pictures, lying = generate(config.data, config.seed)
    with replacing(outputs() / PICTURES) as partial, partial.open("wb") as stream:
        np.savez(stream, pictures=pictures, lying=lying)
    print(f"data/raw: {len(pictures)} pictures")


if __name__ == "__main__":
    main()
