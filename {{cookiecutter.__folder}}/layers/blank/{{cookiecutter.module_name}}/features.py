"""Make data/processed from data/interim: features, one file each for training, validation and test.

Yours: replace `build_features` with your own features, and `split_rows` if samples belong together.
"""

from __future__ import annotations

import hydra
import numpy as np
from omegaconf import DictConfig

from .common.config import Features, Split, load
from .common.data_paths import INPUTS, USABLE
from .common.files import replacing, write_json
from .common.paths import CONFIGS, PROCESSED, ROOT, outputs

PARTS = ("train", "validation", "test")


def build_features(pictures: np.ndarray, features: Features) -> np.ndarray:
    """How far the brightest row, and the brightest column, lies above the mean.

    Args:
        pictures: float (samples, size, size).
        features: how many pixels to cut off.

    Returns:
        float64 (samples, 2).
    """
    end = pictures.shape[1] - features.border
    cut = pictures[:, features.border : end, features.border : end].astype(np.float64)
    rows, columns = cut.mean(axis=2).max(axis=1), cut.mean(axis=1).max(axis=1)
    above: np.ndarray = np.stack([rows, columns], axis=1) - cut.mean(axis=(1, 2))[:, None]
    return above


def split_rows(samples: int, split: Split, seed: int) -> np.ndarray:
    """A random part for each sample; str (samples,).

    Raises:
        ValueError: a part would be empty.
    """
    n_test, n_validation = round(samples * split.test), round(samples * split.validation)
    n_train = samples - n_test - n_validation
    if min(n_test, n_validation, n_train) < 1:
        raise ValueError(f"{samples} samples are too few for these shares")
    return np.random.default_rng(seed).permutation(np.repeat(PARTS, [n_train, n_validation, n_test]))


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/processed/{train,validation,test}.npz, and what a model needs to know of new samples."""
    config = load(cfg)
    clean = np.load(ROOT / USABLE)
    features, lying = build_features(clean["pictures"], config.features), clean["lying"]
    parts = split_rows(len(lying), config.split, config.seed)
    for part in PARTS:
        with replacing(outputs() / PROCESSED / f"{part}.npz") as partial, partial.open("wb") as stream:
            np.savez(stream, features=features[parts == part], target=lying[parts == part])
    train = clean["pictures"][parts == "train"]
    limits = [round(float(train.min()), 6), round(float(train.max()), 6)]
    write_json(outputs() / INPUTS, {"size": train.shape[1], "border": config.features.border, "range": limits})
    print(", ".join(f"{(parts == part).sum()} samples {part}" for part in PARTS))


if __name__ == "__main__":
    main()
