"""Every file of every config group is composed and run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Once
from tests.project import STEPS, TEMPLATE, TREE, Project

pytestmark = pytest.mark.slow

# What a project of the default starter holds with deep learning.
LAYERS = ("table", "tabular", "deep+table")
CONFIGS = [path for layer in LAYERS for path in (TREE / "layers" / layer / "configs").glob("*/*.yaml")]
MODELS = sorted(path.stem for path in CONFIGS if path.parent.name == "model")
SPLITS = sorted(path.stem for path in CONFIGS if path.parent.name == "split")
MAGIC = TEMPLATE.parent / "shared" / "data" / "magic04.data"
REGRESSION = {"dummy", "ridge", "random_forest", "hist_gradient_boosting", "xgboost", "mlp"}


def test_the_lists_are_of_every_group() -> None:
    assert {path.parent.name for path in CONFIGS} == {"data", "experiment", "features", "model", "split", "tune"}
    assert {path.stem for path in CONFIGS if path.parent.name == "data"} == {
        "breast_cancer",
        "csv",
        "diabetes",
        "magic",
    }


@pytest.mark.parametrize("model", MODELS)
def test_every_model_classifies_the_same_twice_or_says_why_not(project: Project, model: str) -> None:
    project.select(model=model)
    if model == "ridge":
        done = project.stage(STEPS["train"])
        assert "the model ridge does regression, the data ask for classification" in done.stderr
    else:
        project.stages("train")
        page = (project.path / "reports/report.html").read_text(encoding="utf-8")
        assert f"<h1>breast_cancer: classification of diagnosis by {model}</h1>" in page
        before = project.outputs()
        project.stages("train", "train")
        assert project.outputs() == before


@pytest.fixture(scope="session")
def diabetes(finished: Project, warm: dict[str, str], once: Once) -> Project:
    """A project up to the features of the diabetes data. Only to be copied."""

    def make(folder: Path) -> Project:
        project = finished.copy(folder).within(warm)
        project.select(data="diabetes", model="ridge")
        project.stages("acquire", "featurize")
        return project

    return once("diabetes", make)


@pytest.mark.parametrize("model", sorted(REGRESSION))
def test_every_model_of_numbers_on_diabetes(
    diabetes: Project, warm: dict[str, str], tmp_path: Path, model: str
) -> None:
    project = diabetes.copy(tmp_path / "project").within(warm)
    project.select(model=model)
    project.stages("train")
    figures = {path.name for path in (project.path / "reports/figures").iterdir()}
    assert {"comparison.png", "importance_features.png", "predicted.png", "residuals.png", "target.png"} <= figures


def test_several_classes_from_a_file(project: Project) -> None:
    project.select(data="csv")
    project.stages("acquire")
    assert "p(versicolor)" in project.table("reports/predictions.parquet", "*t")


@pytest.mark.parametrize("split", SPLITS)
def test_every_split(project: Project, split: str) -> None:
    """On rows that have a group and a time: ten visits of each of 56 patients, in order."""
    project.run(
        "python",
        "-c",
        "import pandas as p; t = p.read_csv('data/raw/table/breast_cancer.csv'); n = range(len(t)); "
        "t['patient'] = [f'p{i // 10}' for i in n]; t['visit'] = p.date_range('2020-01-01', periods=len(t)); "
        "t.to_csv('data/external/visits.csv', index=False)",
    )
    text = (project.path / "configs/data/csv.yaml").read_text(encoding="utf-8")
    text = text[: text.index("columns:")] + "columns:\n  visit: {type: date}\n"
    text = text.replace("target: species", "target: diagnosis").replace("/iris.csv\n", "/visits.csv\n")
    if split == "grouped":
        text = text.replace("group: null", "group: patient")
    text = text.replace("time: null", "time: visit")
    sha = project.run("sha256sum", "data/external/visits.csv").stdout.split()[0]
    text = re.sub(r"sha256: \w+", f"sha256: {sha}", text)
    (project.path / "configs/data/csv.yaml").write_text(text, encoding="utf-8")
    project.edit("configs/config.yaml", "file: data/external/iris.csv", "file: data/external/visits.csv")
    project.select(data="csv", split=split)
    if split == "given":
        project.edit("configs/split/given.yaml", "column: from_file\n", "column: patient\n")
        project.edit("configs/split/given.yaml", "test: [test.csv]\n", "test: [p3, p17, p30, p41]\n")
    if split != "grouped":
        project.edit("configs/features/default.yaml", "drop: []", "drop: [patient]")
    project.stages("acquire")


def test_magic(project: Project) -> None:
    """The whole table, from the file beside the template where it lies."""
    if not MAGIC.is_file():
        pytest.skip("shared/data/magic04.data does not lie beside the template's folder")
    project.select(data="magic")
    project.stages("acquire", DATA_FILE=str(MAGIC))
    counts = (project.path / "reports/data_counts.json").read_text()
    assert '"read": 19020' in counts and '"duplicates": 115' in counts


def test_a_sweep_over_models_by_hand(project: Project) -> None:
    before = project.outputs()
    done = project.stage(STEPS["train"], "--multirun", "model=dummy,logistic")
    assert done.returncode == 0, done.stderr
    assert len(list(Path(project.path, ".runs").glob("*-train-*/*/models/manifest.json"))) == 2
    assert project.outputs() == before


def test_the_commands_in_the_comments_run(project: Project) -> None:
    """What configs/ and the README say to type."""
    pages = [*(project.path / "configs").rglob("*.yaml"), project.path / "README.md"]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    commands = {found for text in texts for found in re.findall(r"python -m mlops\.stage [^`\n]*?(?=`|\n|  )", text)}
    assert len(commands) == 4
    before = project.outputs()
    for command in sorted(commands):
        project.run("sh", "-c", command)
    assert project.outputs() == before
