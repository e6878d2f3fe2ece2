"""DVC as it should be: what reruns, what does not, and that a fresh clone reproduces the committed dvc.lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import STAGES, Project

pytestmark = pytest.mark.slow

TABULAR = STAGES["tabular"]


def test_a_fresh_clone_runs_everything_and_reproduces_the_lock(finished: Project, tmp_path: Path) -> None:
    clone = finished.clone(tmp_path / "a folder with spaces and ñ")
    before = (clone.path / "dvc.lock").read_bytes()
    assert clone.repro() == TABULAR
    assert (clone.path / "dvc.lock").read_bytes() == before
    assert clone.outputs() == finished.outputs()
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert clone.repro() == []


def test_another_hash_seed_folder_and_time_zone_give_the_same_bytes(finished: Project, tmp_path: Path) -> None:
    clone = finished.clone(tmp_path / "elsewhere")
    variables = {"PYTHONHASHSEED": "1234", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
    assert clone.repro("--no-run-cache", **variables) == TABULAR
    assert clone.outputs() == finished.outputs()


def test_a_model_parameter_reruns_train_evaluate_report_and_back_restores(project: Project) -> None:
    before = project.outputs()
    project.edit("configs/model/xgboost.yaml", "max_depth: 6", "max_depth: 3")
    assert project.repro() == ["train", "evaluate", "report"]
    assert project.outputs() != before
    project.edit("configs/model/xgboost.yaml", "max_depth: 3", "max_depth: 6")
    assert project.repro() == []
    assert project.outputs() == before


def test_the_seed_reruns_what_consumes_it(project: Project) -> None:
    project.edit("configs/config.yaml", "seed: 42", "seed: 43")
    assert project.repro() == ["featurize", "train", "evaluate", "report"]


def change(project: Project, name: str) -> None:
    """Change a file of any kind without changing what it says."""
    with (project.path / name).open("a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")


def test_what_a_stage_does_not_use_reruns_nothing(project: Project) -> None:
    for name in (
        "configs/model/random_forest.yaml",
        "finished/modeling/models/random_forest.py",
        "configs/data/diabetes.yaml",
        "configs/split/time.yaml",
        "requirements/dev.lock",
        "mlops/tracking.py",
        "mlops/environment.py",
        "README.md",
        "pyproject.toml",
    ):
        change(project, name)
    assert project.repro() == []


@pytest.mark.parametrize("name", ["mlops/stage.py", "requirements/base.lock"])
def test_the_runner_and_the_base_lock_belong_to_every_stage(project: Project, name: str) -> None:
    change(project, name)
    # Only what is out of date: running it would show no more.
    status = project.run("dvc", "status").stdout
    assert [stage for stage in TABULAR if f"{stage}:" in status] == TABULAR


def test_make_train_switches_the_model_by_one_line(project: Project) -> None:
    config = project.path / "configs" / "config.yaml"
    before = config.read_text(encoding="utf-8").splitlines()
    done = project.run("make", "train", "MODEL=random_forest")
    assert "Running stage 'train'" in done.stdout and "Running stage 'prepare'" not in done.stdout
    after = config.read_text(encoding="utf-8").splitlines()
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == [
        ("  - model: xgboost", "  - model: random_forest")
    ]
    refused = project.run("make", "train", "MODEL=random_forst", check=False)
    assert refused.returncode != 0
    assert "there is no configs/model/random_forst.yaml; there are dummy, hist_gradient_boosting" in refused.stderr


NEIGHBOURS = '''"""Nearest neighbours."""

from __future__ import annotations

from typing import Any

from pydantic import PositiveInt

from ...common.problem import Problem
from ..shared.estimators import ModelSettings


class Model(ModelSettings):
    """scikit-learn's KNeighborsClassifier."""

    tasks = ("classification",)
    k: PositiveInt

    def estimator(self, problem: Problem) -> Any:
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(self.k)
'''


def test_a_model_costs_its_two_files(project: Project) -> None:
    (project.path / "configs/model/neighbours.yaml").write_text("name: neighbours\nk: 7\n", encoding="utf-8")
    code = project.path / project.module / "modeling/models/neighbours.py"
    code.write_text(NEIGHBOURS, encoding="utf-8")
    project.select(model="neighbours")
    assert project.repro() == ["train", "evaluate", "report"]
    assert "of diagnosis by neighbours</h1>" in (project.path / "reports/report.html").read_text()
    # Its code is a dependency, by its name.
    code.write_text(NEIGHBOURS.replace("Nearest neighbours.", "The nearest."), encoding="utf-8")
    assert "train:" in project.run("dvc", "status").stdout


def test_dvc_exp_run_changes_a_parameter(project: Project) -> None:
    done = project.run("dvc", "exp", "run", "-S", "configs/model/xgboost.yaml:max_depth=2")
    assert "Running stage 'train'" in done.stdout and "Running stage 'featurize'" not in done.stdout
    assert "max_depth: 2" in (project.path / "configs/model/xgboost.yaml").read_text(encoding="utf-8")
    assert project.lock()["train"]["params"]["configs/model/xgboost.yaml"]["max_depth"] == 2


def test_a_run_with_overrides_leaves_the_pipeline_alone(project: Project) -> None:
    before = project.outputs()
    done = project.stage("modeling.train", "model=logistic", "model.C=0.1")
    assert done.returncode == 0, done.stderr
    assert project.outputs() == before
    assert list((project.path / ".runs").glob("*-train-*/models/model.joblib"))
    assert project.repro() == []


def test_training_does_not_read_the_test_rows(project: Project) -> None:
    (project.path / "data/processed/test.parquet").unlink()
    done = project.stage("modeling.train", "model=dummy")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("configs/data/breast_cancer.yaml", "loader:", "loder:", "there is no key 'loder'; did you mean 'loader'?"),
        ("configs/data/breast_cancer.yaml", "mean radius: {", "mean radios: {", "did you mean 'mean radius'?"),
        (
            "configs/model/xgboost.yaml",
            "max_depth:",
            "max_dept:",
            "there is no key 'max_dept'; did you mean 'max_depth'?",
        ),
    ],
)
def test_a_mistake_stops_the_pipeline_and_leaves_its_results(
    project: Project, name: str, old: str, new: str, said: str
) -> None:
    before = project.outputs()
    project.edit(name, old, new)
    done = project.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert len([line for line in done.stderr.splitlines() if line.startswith("stage ") and said in line]) == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert (project.outputs(), project.leftovers()) == (before, [])
    project.edit(name, new, old)
    assert project.repro() == []
