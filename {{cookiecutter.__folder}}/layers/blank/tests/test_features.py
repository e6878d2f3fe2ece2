"""Features with known values, and the shares of the parts."""

from __future__ import annotations

import numpy as np
import pytest

from {{ cookiecutter.module_name }}.common.config import Features, Split
from {{ cookiecutter.module_name }}.features import build_features, split_rows

SHARES = Split(kind="random", validation=0.15, test=0.2)


def test_a_line_stands_out_in_its_own_direction() -> None:
    picture = np.zeros((4, 4))
    picture[2] = 1

    # The mean is 1/4: the brightest row lies 3/4 above it, the brightest column not at all.
    features = build_features(np.stack([picture, picture.T]), Features(border=0))

    np.testing.assert_allclose(features, [[0.75, 0.0], [0.0, 0.75]])


def test_the_border_is_cut_off() -> None:
    picture = np.zeros((4, 4))
    picture[0] = 1

    assert build_features(picture[None], Features(border=1)).tolist() == [[0.0, 0.0]]


def test_shares_of_the_parts() -> None:
    parts, again, other = (split_rows(200, SHARES, seed) for seed in (1, 1, 2))

    assert {part: (parts == part).sum() for part in set(parts)} == {"train": 130, "validation": 30, "test": 40}
    assert np.array_equal(parts, again)
    assert not np.array_equal(parts, other)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="2 samples are too few for these shares"):
        split_rows(2, SHARES, seed=1)
