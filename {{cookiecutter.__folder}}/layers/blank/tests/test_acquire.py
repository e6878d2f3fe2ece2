"""The generated data: the right shapes, one bright line in each picture, the same for the same seed."""

from __future__ import annotations

import numpy as np

from {{ cookiecutter.module_name }}.common.config import Data
from {{ cookiecutter.module_name }}.dataset.acquire import generate


def test_each_picture_holds_one_line() -> None:
    pictures, lying = generate(Data(samples=50, size=6, noise=0.0), seed=1)

    assert pictures.shape == (50, 6, 6)
    assert pictures.dtype == np.float32
    for picture, lies in zip(pictures, lying, strict=True):
        assert picture.sum() == 6
        assert (picture.all(axis=1) if lies else picture.all(axis=0)).sum() == 1


def test_the_seed_decides() -> None:
    data = Data(samples=5, size=6, noise=1.0)

    first, again, other = (generate(data, seed)[0] for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
