"""The configuration: every shipped file loads, and invalid keys and values are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.common.strict import checked
from {{ cookiecutter.module_name }}.modeling.shared.estimators import chosen
from {{ cookiecutter.module_name }}.studies.settings import Studies

# Compatible choices, whatever configs/config.yaml chooses now.
TOGETHER = ["data=showers", "features=event", "split=grouped", "model=xgboost", "experiment=none"]
# The images have no group.
BESIDE = {"data=magic": ["features=hillas", "split=stratified"]}
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


def test_the_present_choices_load() -> None:
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        chosen(load(compose("config")))
        checked(compose("studies"), Studies)


@pytest.mark.parametrize("choice", CHOICES)
def test_every_file_of_every_group_loads(choice: str) -> None:
    configured(choice, *beside(choice))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["+sed=1"], "configs: config.yaml: there is no key 'sed'; did you mean 'seed'?"),
        (["+data.shower=5"], "there is no key 'shower'; did you mean 'showers'?"),
        (["+data.station.bin_width=5"], "there is no key 'bin_width'; valid are: bin, bins"),
        (["+features.slope=1"], "there is no key 'slope'; did you mean 'ldf_slope'?"),
        (["data.primaries.iron=57"], "primaries.iron: the parametrisation holds for mass numbers 1 to 56, found 57"),
        ([f"~data.primaries.{name}" for name in ("helium", "oxygen", "iron")], "data.primaries: Dictionary should"),
        (["data.muons.mass=[56.0, 14.0, 4.0, 1.0]"], "data.muons: mass numbers must ascend"),
        (["data.spectrum.lowest=1e17"], "energies must ascend within 1e18 to 1e20 eV"),
        (["data.station.count=0.001"], "saturation 220 is more than 32000 counts of 0.001 VEM"),
        (["model.name=xgbost"], "there is no model 'xgbost'; did you mean 'xgboost'?"),
        (["data=magic", "features=hillas"], "split=grouped needs the name of a group column: set data.group"),
    ],
)
def test_what_does_not_belong_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=r"^configs: ") as caught:
        configured(*overrides)
    assert message in str(caught.value)
