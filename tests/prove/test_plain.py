"""DVC repositories that this template did not make, judged from outside and not changed for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.conftest import TEMPLATE, Project

from prove.conftest import Prove

pytestmark = pytest.mark.slow

PIPELINE = """
stages:
  clean:
    cmd: python clean.py
    deps: [clean.py, raw.csv]
    outs: [clean.csv]
  count:
    cmd: sort clean.csv | uniq -c > counts.txt
    deps: [clean.csv]
    outs: [counts.txt]
"""
CLEAN = "open('clean.csv', 'w').writelines(line for line in open('raw.csv') if line.strip())\n"
SHUFFLE = (
    "import random\nlines = list(open('raw.csv'))\nrandom.shuffle(lines)\nopen('clean.csv', 'w').writelines(lines)\n"
)


def repository(folder: Path, environment: dict[str, str], clean: str) -> Project:
    """A repository with two stages; its raw data are kept by DVC (dvc add)."""
    folder.mkdir()
    project = Project(folder, "", environment)
    project.run("git", "init", "-q")
    project.run("dvc", "init", "-q")
    (folder / "raw.csv").write_text("a\nb\n\nc\nd\ne\nf\ng\n")
    (folder / "clean.py").write_text(clean)
    (folder / "dvc.yaml").write_text(PIPELINE)
    project.run("dvc", "add", "-q", "raw.csv")
    project.repro()
    project.commit()
    return project


def test_one_that_is_reproducible(tmp_path: Path, environment: dict[str, str], prove: Prove) -> None:
    project = repository(tmp_path / "plain", environment, CLEAN)
    proof = prove(project, "--perturb", outside=True)
    assert (proof.status, proof.evidence["verdict"]) == (0, "EXACT"), proof.said
    assert len(proof.evidence["outputs"]) == 2 and all(line["held"] for line in proof.evidence["perturbations"])
    assert proof.evidence["environment"]["made"] == "reused: there are no hashed locks"


def test_by_a_judge_of_the_template_in_an_environment_of_its_own(tmp_path: Path, environment: dict[str, str]) -> None:
    project = repository(tmp_path / "plain", environment, CLEAN)
    # The project's programs come from the caller's PATH, the judge's are its own.
    command = ["make", "-C", str(TEMPLATE), "prove", f"PROJECT={project.path}", "OPTIONS=--rev HEAD"]
    done = project.run(*command, PYTHONDONTWRITEBYTECODE="1")
    assert "EXACT: 2 of 2 outputs are the committed bytes" in done.stdout


def test_one_that_is_not(tmp_path: Path, environment: dict[str, str], prove: Prove) -> None:
    project = repository(tmp_path / "plain", environment, SHUFFLE)
    proof = prove(project, outside=True)
    assert (proof.status, proof.evidence["verdict"]) == (1, "FAIL"), proof.said
    assert proof.causes() == [("clean", "unseeded")], proof.said
    # What is made of it by sorting is the same again.
    assert [out["verdict"] for out in proof.evidence["outputs"]] == ["FAIL", "EXACT"]


def test_one_whose_data_cannot_be_had(tmp_path: Path, environment: dict[str, str], prove: Prove) -> None:
    project = repository(tmp_path / "plain", environment, CLEAN)
    shutil.rmtree(project.path / ".dvc" / "cache")
    (project.path / "raw.csv").unlink()
    proof = prove(project, outside=True)
    assert (proof.status, proof.evidence["verdict"]) == (3, "INCONCLUSIVE"), proof.said
    assert proof.causes() == [("raw.csv.dvc", "source")], proof.said
    assert "raw.csv could not be had" in proof.evidence["headline"]


@pytest.mark.parametrize("where", [[], ["--local"]])
def test_raw_data_come_from_a_remote(
    tmp_path: Path, environment: dict[str, str], prove: Prove, where: list[str]
) -> None:
    """Of the committed settings, beside the project, and of those that are not committed."""
    project = repository(tmp_path / "plain", environment, CLEAN)
    project.run("dvc", "remote", "add", "-q", *where, "--default", "store", "../store")
    project.run("dvc", "push", "-q", "raw.csv")
    if not where:
        project.commit()
    shutil.rmtree(project.path / ".dvc" / "cache")
    (project.path / "raw.csv").unlink()
    proof = prove(project, outside=True)
    assert (proof.status, proof.evidence["verdict"]) == (0, "EXACT"), proof.said


def test_raw_data_come_from_the_cache_where_the_file_was_changed(
    tmp_path: Path, environment: dict[str, str], prove: Prove
) -> None:
    project = repository(tmp_path / "plain", environment, CLEAN)
    (project.path / "raw.csv").unlink()
    (project.path / "raw.csv").write_text("edited\n")
    assert prove(project, outside=True).evidence["verdict"] == "EXACT"
    shutil.rmtree(project.path / ".dvc" / "cache")
    proof = prove(project, outside=True)
    assert proof.status == 3
    assert "the file in the project was changed since it was added" in proof.said


def test_what_each_stage_hangs_on(tmp_path: Path, environment: dict[str, str], prove: Prove) -> None:
    project = repository(tmp_path / "plain", environment, SHUFFLE)
    (project.path / "dvc.lock").unlink()
    project.commit()
    assert prove(project, outside=True).status == 3
    proof = prove(project, "--diagnose", outside=True)
    assert proof.evidence["verdict"] == "INCONCLUSIVE"
    assert "dvc repro, and commit dvc.lock" in proof.evidence["headline"]
    found = {
        stage: {one["what"]: one["result"] for one in tried} for stage, tried in proof.evidence["diagnosis"].items()
    }
    assert found["clean"]["because"] == "unseeded"
    assert set(found["count"].values()) == {"the same"}
