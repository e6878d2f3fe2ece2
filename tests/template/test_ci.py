"""The workflows of the template and of its projects: pinned, current, and without findings of zizmor."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.project import TEMPLATE, TREE

FOLDERS = [TEMPLATE / ".github", TREE / ".github"]
# The first majors that run on a Node that GitHub still supports.
OLDEST = {
    "actions/checkout": 5,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "pypa/gh-action-pypi-publish": 1,
}


@pytest.mark.parametrize("folder", FOLDERS, ids=["template", "project"])
def test_actions_are_pinned_by_commit_and_current(folder: Path) -> None:
    lines = [line for file in folder.glob("workflows/*.yml") for line in re.findall(r"uses: (.*)", file.read_text())]
    assert len(lines) >= 3
    for line in lines:
        pinned = re.fullmatch(r"([\w-]+/[\w-]+)@[0-9a-f]{40}  # v(\d+)\.\d+\.\d+", line)
        assert pinned and int(pinned[2]) >= OLDEST[pinned[1]], line


@pytest.mark.parametrize("folder", FOLDERS, ids=["template", "project"])
def test_new_releases_of_actions_wait_a_week(folder: Path) -> None:
    (update,) = yaml.safe_load((folder / "dependabot.yml").read_text())["updates"]
    assert update["package-ecosystem"] == "github-actions" and update["cooldown"]["default-days"] >= 7


@pytest.mark.parametrize("folder", FOLDERS, ids=["template", "project"])
def test_zizmor_finds_nothing(folder: Path) -> None:
    program = Path(sys.executable).with_name("zizmor")
    done = subprocess.run([program, "--offline", "--persona", "pedantic", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
