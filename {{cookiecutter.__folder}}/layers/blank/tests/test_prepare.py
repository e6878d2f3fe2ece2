"""Which samples are usable."""

from __future__ import annotations

import numpy as np
import pytest

from {{ cookiecutter.module_name }}.dataset.prepare import usable


def test_a_picture_with_a_hole_is_not_usable() -> None:
    pictures = np.zeros((3, 2, 2))
    pictures[1, 0, 1] = np.nan

    assert usable(pictures).tolist() == [True, False, True]


def test_nothing_usable_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the 4 pictures is whole"):
        usable(np.full((4, 2, 2), np.inf))
