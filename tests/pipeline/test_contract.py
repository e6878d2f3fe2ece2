"""The runner's side of the contract with the judge (docs/contract.md)."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from tests import contract as page
from tests.project import TREE


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """The runner's module, in a folder with a configuration."""
    monkeypatch.syspath_prepend(TREE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text("threads: 7\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlops"]:
        monkeypatch.delitem(sys.modules, name)
    return importlib.import_module("mlops.stage")


def test_the_runner_fixes_what_the_page_names(stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    for name in (*page.FIXED, *page.THREADS):
        monkeypatch.setenv(name, "the caller's")
    variables = stage.fixed_environment(stage.threads([]), "module.step", tmp_path)
    assert page.FIXED.items() <= variables.items()
    assert {name: variables[name] for name in page.THREADS} == dict.fromkeys(page.THREADS, "7")


def test_the_judge_may_set_other_values(stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MLOPS_INSTEAD", json.dumps({"TZ": "Asia/Kolkata", "OMP_NUM_THREADS": "1"}))
    variables = stage.fixed_environment(7, "module.step", tmp_path)
    assert (variables["TZ"], variables["OMP_NUM_THREADS"], variables["LANG"]) == ("Asia/Kolkata", "1", "C.UTF-8")
    assert "`MLOPS_INSTEAD`" in page.PAGE


def test_the_environment_is_that_of_the_page() -> None:
    locks = [*(TREE / "requirements").glob("*.lock"), *TREE.glob("layers/deep/requirements/*.lock")]
    # What a stage never needs: the installer, the judge, and groups for a person's own work.
    own = re.compile(r"requirements/(uv|probado|notebook|tune|life|remote-\w+)\.lock")
    named = {f"requirements/{lock.name}" for lock in locks}
    assert {name for name in named if not own.fullmatch(name)} == set(page.LOCKS)
    assert len(list((TREE / "requirements").glob("probado-*.whl"))) == 1 and "`requirements/probado-*.whl`" in page.PAGE
    code = (TREE / "mlops" / "environment.py").read_text(encoding="utf-8")
    assert '"UV_PROJECT_ENVIRONMENT", ".venv"' in code and "`.venv`" in page.PAGE


def test_it_reads_no_more_for_its_records() -> None:
    """Except for DVC's and git's own files, which no stage declares either."""
    files = ("errors", "pipeline", "project", "records", "stage", "store", "tracking")
    code = "".join((TREE / "mlops" / f"{name}.py").read_text(encoding="utf-8") for name in files)
    named = {
        found.split("/")[0] + "/"
        for found in re.findall(r'Path\("(\w[\w./]*)"\)', code)
        if not found.startswith(("dvc", ".runs"))
    }
    assert named == {"configs/", "requirements/"}
    assert all(f"`{folder}`" in page.PAGE for folder in named)
    assert "reports/proof.*" in code
