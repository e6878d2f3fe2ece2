"""How paths lie to one another."""

from __future__ import annotations

import pytest

from probado.repository.paths import inside, overlaps


@pytest.mark.parametrize(
    ("path", "others", "is_inside", "is_overlapping"),
    [
        ("data/raw.csv", {"data/raw.csv"}, True, True),
        ("data/raw.csv", {"data"}, True, True),
        ("data", {"data/raw.csv"}, False, True),
        # A name that begins alike is another one.
        ("data2/raw.csv", {"data"}, False, False),
        ("data", {"data2/raw.csv"}, False, False),
    ],
)
def test_paths(path: str, others: set[str], is_inside: bool, is_overlapping: bool) -> None:
    assert inside(path, others) is is_inside
    assert overlaps(path, others) is is_overlapping
