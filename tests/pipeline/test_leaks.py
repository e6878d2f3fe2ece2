"""Leaks that are planted into a project: its own tests refuse them."""

from __future__ import annotations

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow

DIVIDED = "    with divided_as(preprocess, lambda: parts(train, config, PARTS)):\n"
FIT = DIVIDED + "        inputs = preprocess.fit_transform(train[features], actual)\n"
LEARNT = "test_nothing_is_learnt_from_rows_outside_training"
OWN = "test_the_target_of_a_row_is_not_in_its_own_encoding"


@pytest.mark.parametrize(
    ("leak", "refused"),
    [
        (
            "    every = pd.concat([train, validation])\n"
            "    preprocess.fit(every[features], encode_target(every[data.target], classes))\n"
            "    inputs = preprocess.transform(train[features])\n",
            {LEARNT, OWN},
        ),
        (DIVIDED + "        inputs = preprocess.fit(train[features], actual).transform(train[features])\n", {OWN}),
    ],
    ids=["of validation rows", "of a row's own target"],
)
def test_a_leak_of_encodings(project: Project, leak: str, refused: set[str]) -> None:
    project.edit(f"{project.module}/modeling/shared/fitting.py", FIT, leak)
    done = project.run("python", "-m", "pytest", "-q", "tests/test_fitting.py", "-k", f"{LEARNT} or {OWN}", check=False)

    assert {name for name in (LEARNT, OWN) if f"FAILED tests/test_fitting.py::{name}" in done.stdout} == refused
    # As leaks, and not because the planted lines are wrong.
    assert done.returncode == 1 and "ValueError" not in done.stdout
