"""The configuration: the shipped files load, and invalid keys and values are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS

CHOICES = sorted(f"{path.parent.name}={path.stem}" for path in Path(CONFIGS).glob("*/*.yaml"))


@pytest.mark.parametrize("choice", CHOICES)
def test_every_file_of_every_group_loads(choice: str) -> None:
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        load(compose("config", [choice]))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+sed=1", "configs: config.yaml: there is no key 'sed'; did you mean 'seed'?"),
        ("+data.sample=1", "configs: data: there is no key 'sample'; did you mean 'samples'?"),
        ("~data.noise", "configs: data.noise: Field required"),
        ("threads=two", "configs: threads: Input should be a valid integer, found 'two'"),
        ("split.test=0.9", "leave nothing to train on"),
        ("features.border=4", "features.border 4 leaves nothing of data.size 8"),
    ],
)
def test_what_does_not_belong_is_refused(override: str, message: str) -> None:
    with initialize_config_dir(CONFIGS, version_base="1.3"), pytest.raises(ValueError, match=r"^configs: ") as caught:
        load(compose("config", [override]))

    assert message in str(caught.value)
