"""The configuration: every shipped file loads, and invalid keys and values are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.modeling.shared.estimators import chosen

# Compatible choices, whatever configs/config.yaml chooses now.
TOGETHER = ["data=breast_cancer", "features=default", "split=stratified", "model=xgboost", "experiment=none"]
# Choices that a file needs if it is not compatible with those.
BESIDE = {
    "data=diabetes": ["model=ridge"],
    "model=ridge": ["data=diabetes"],
    "split=grouped": ["data.group='mean area'"],
    "split=time": ["data.time='mean area'"],
}
# make tune reads its own settings, not Hydra.
FILES = [path for path in Path(CONFIGS).glob("*/*.yaml") if path.parent.name != "tune"]
CHOICES = sorted(f"{path.parent.name}={path.stem}" for path in FILES)


def beside(choice: str) -> list[str]:
    """What a choice needs; an experiment needs the model that it is of."""
    group, _, name = choice.partition("=")
    of = re.search(r"(?m)^name: (\w+)", Path(CONFIGS, group, f"{name}.yaml").read_text(encoding="utf-8"))
    if group == "experiment" and of:
        return [f"model={of[1]}", *BESIDE.get(f"model={of[1]}", [])]
    return BESIDE.get(choice, [])


def configured(*overrides: str) -> Config:
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        config = load(compose("config", [*TOGETHER, *overrides]))
    # Stages that use the model check its settings.
    chosen(config)
    return config


def refusal(*overrides: str) -> str:
    with pytest.raises(ValueError, match=r"^configs: ") as caught:
        configured(*overrides)
    return str(caught.value)


def test_the_present_choices_load() -> None:
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        chosen(load(compose("config")))


@pytest.mark.parametrize("choice", CHOICES)
def test_every_file_of_every_group_loads(choice: str) -> None:
    # The file that DVC watches is that of the present choice.
    configured(choice, "file=null", *beside(choice))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+sed=1", "configs: config.yaml: there is no key 'sed'; did you mean 'seed'?"),
        ("+split.tests=0.2", "configs: split: there is no key 'tests'; did you mean 'test'?"),
        ("+model.n_estimator=5", "configs: model: there is no key 'n_estimator'; did you mean 'n_estimators'?"),
        ("+data.clean.duplicate=keep", "configs: data.clean: there is no key 'duplicate'; did you mean 'duplicates'?"),
        ("+data.columns.diagnosis.typ=number", "there is no key 'typ'; did you mean 'type'?"),
        ("data.weight=diagnosis", "the column 'diagnosis' has two roles among target, id, group, time and weight"),
    ],
)
def test_a_mistyped_key_names_the_nearest(override: str, message: str) -> None:
    assert message in refusal("model=random_forest", override)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.name=xgbost"], "there is no model 'xgbost'; did you mean 'xgboost'?"),
        (["seed=-1"], "configs: seed: Input should be greater than or equal to 0, found -1"),
        (["threads=two"], "configs: threads: Input should be a valid integer, found 'two'"),
        (["data.task=clustering"], "configs: data.task: Input should be 'classification' or 'regression'"),
        (["split.test=0.9"], "validation 0.15 and test 0.9 leave nothing to train on"),
        (["model=ridge"], "the model ridge does regression, the data ask for classification"),
        (["split=grouped"], "split=grouped needs the name of a group column: set data.group"),
        (["split=time"], "split=time needs the name of a time column: set data.time"),
    ],
)
def test_a_wrong_value_is_refused(overrides: list[str], message: str) -> None:
    assert message in refusal(*overrides)


def test_a_missing_key_is_named() -> None:
    assert "configs: evaluation.resamples: Field required" in refusal("~evaluation.resamples")
