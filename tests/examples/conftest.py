"""The worked example, made once for all workers: its pipeline run, and smaller studies of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Once
from tests.project import STAGES, TEMPLATE, Project, bake_project

MAGIC = TEMPLATE.parent / "shared" / "data" / "magic04.data"


@pytest.fixture(scope="session")
def example(once: Once, environment: dict[str, str]) -> Project:
    """The example with fewer showers, run and committed. Only to be copied or cloned."""

    def make(folder: Path) -> Project:
        project = bake_project(
            folder, environment, starter="primary_particles", deep_learning="torch", project_name="Cosmic"
        )
        path = project.path / "configs" / "data" / "showers.yaml"
        fewer = re.sub(r"(?m)^(showers|traces): \d+", r"\1: 1600", path.read_text(encoding="utf-8"))
        path.write_text(fewer, encoding="utf-8")
        project.edit("configs/config.yaml", "resamples: 200", "resamples: 20")
        project.edit("configs/model/trace_network.yaml", "max_epochs: 40", "max_epochs: 5")
        project.select(features="traces", model="trace_network")
        assert project.repro() == STAGES["primary_particles"]
        project.commit()
        return project

    return once("example", make)


@pytest.fixture(scope="session")
def studied(example: Project, once: Once, warm: dict[str, str]) -> Project:
    """A copy of the example, smaller studies run and committed; that of the telescope where its data are."""

    def make(folder: Path) -> Project:
        project = example.copy(folder).within(warm)
        for old, new in (
            ("seeds: [1, 2, 3]", "seeds: [1, 2]"),
            ("resamples: 1000", "resamples: 20"),
            ("n_estimators: 100", "n_estimators: 30"),
            ("n_estimators: 600", "n_estimators: 60"),
            ("n_estimators: 200", "n_estimators: 20"),
            ("max_iter: 300", "max_iter: 10"),
            ("networks: 3", "networks: 1"),
            ("folds: 5", "folds: 2"),
            ("templates: 16000", "templates: 1600"),
            ("pool: 24000", "pool: 1600"),
            ("samples: 100", "samples: 5"),
            ("bins: 25", "bins: 8"),
        ):
            project.edit("configs/studies.yaml", old, new)
        # Traces of some showers only: those of each part must be of the same part at every level.
        project.edit("configs/data/showers.yaml", "traces: 1600", "traces: 1000")
        names = "validation leakage comparison composition".split() + (["telescope", "page"] if MAGIC.is_file() else [])
        project.repro(*(f"studies/dvc.yaml:{name}" for name in names), DATA_FILE=str(MAGIC))
        project.commit()
        return project

    return once("studied", make)
