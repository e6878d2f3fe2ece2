"""Raw data that DVC keeps (dvc add): from the project, its cache or its remotes, or not to be had."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
from collections.abc import Callable

import pytest
from dvc.cli import main as dvc
from dvc.repo import Repo

from tests.probado.conftest import Make, Prove, Repository, stage

pytestmark = pytest.mark.slow

CLEAN = "open('clean.csv', 'w').writelines(line for line in open('raw.csv') if line.strip())\n"
SHUFFLE = (
    "import random\nlines = list(open('raw.csv'))\nrandom.shuffle(lines)\nopen('clean.csv', 'w').writelines(lines)\n"
)


@pytest.fixture
def added(make: Make) -> Callable[..., Repository]:
    """Make a repository with two stages whose raw data are kept by DVC."""

    def added(code: str = CLEAN) -> Repository:
        repository = make({})
        repository.write(**{"raw.csv": "a\nb\n\nc\nd\ne\nf\ng\n", "clean.py": code})
        with contextlib.chdir(repository.path), Repo() as repo:
            repo.add("raw.csv")
        clean = stage("python clean.py", ["clean.py", "raw.csv"], "clean.csv")
        count = stage("sort clean.csv | uniq -c > counts.txt", ["clean.csv"], "counts.txt")
        repository.stages({"clean": clean, "count": count})
        repository.repro()
        repository.commit()
        return repository

    return added


Added = Callable[..., Repository]


def test_one_that_is_reproducible(added: Added, prove: Prove) -> None:
    verdict = prove(added())
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    assert list(verdict.evidence["bound"]["data"]) == ["raw.csv"]


def test_one_that_is_not(added: Added, prove: Prove) -> None:
    verdict = prove(added(SHUFFLE))
    assert (verdict.status, verdict.causes) == (1, [("clean", "unseeded")]), verdict.said
    # Sorting makes the same of it again.
    assert [out["verdict"] for out in verdict.evidence["outputs"]] == ["FAIL", "EXACT"]


def test_one_whose_data_cannot_be_had(added: Added, prove: Prove) -> None:
    repository = added()
    shutil.rmtree(repository.path / ".dvc" / "cache")
    (repository.path / "raw.csv").unlink()
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (3, "INCONCLUSIVE"), verdict.said
    assert verdict.causes == [("raw.csv.dvc", "source")], verdict.said
    assert "raw.csv could not be fetched" in verdict.evidence["headline"]


@pytest.mark.parametrize("where", [[], ["--local"]])
def test_raw_data_come_from_a_remote(added: Added, prove: Prove, where: list[str]) -> None:
    """From committed settings, beside the project, and from those that are not committed."""
    repository = added()
    with contextlib.chdir(repository.path):
        assert dvc(["remote", "add", "-q", *where, "--default", "store", "../store"]) == 0
        assert dvc(["push", "-q", "raw.csv"]) == 0
    if not where:
        repository.commit()
    shutil.rmtree(repository.path / ".dvc" / "cache")
    (repository.path / "raw.csv").unlink()
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_raw_data_come_from_the_cache_where_the_file_was_changed(added: Added, prove: Prove) -> None:
    repository = added()
    (repository.path / "raw.csv").unlink()
    (repository.path / "raw.csv").write_text("edited\n")
    assert prove(repository).evidence["verdict"] == "EXACT"
    shutil.rmtree(repository.path / ".dvc" / "cache")
    verdict = prove(repository)
    assert verdict.status == 3
    assert "the file in the project was changed since it was added" in verdict.said


@pytest.mark.parametrize("kind", ["s3", "gs", "azure"])
def test_a_missing_plugin_of_dvc_is_named(added: Added, prove: Prove, kind: str) -> None:
    if importlib.util.find_spec(f"dvc_{kind}"):
        pytest.skip(f"dvc-{kind} is installed here")
    repository = added()
    repository.write(
        **{".dvc/config": f"[core]\n    remote = far\n['remote \"far\"']\n    url = {kind}://bucket/folder\n"}
    )
    repository.commit()
    (repository.path / "raw.csv").unlink()
    shutil.rmtree(repository.path / ".dvc" / "cache")
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (3, [("raw.csv.dvc", "source")]), verdict.said
    assert f"requires 'dvc-{kind}' to be installed" in verdict.said


def test_what_each_stage_depends_on(added: Added, prove: Prove) -> None:
    repository = added(SHUFFLE)
    (repository.path / "dvc.lock").unlink()
    repository.commit()
    assert prove(repository).status == 3
    verdict = prove(repository, "--diagnose")
    assert verdict.evidence["verdict"] == "INCONCLUSIVE"
    assert "dvc repro, and commit dvc.lock" in verdict.evidence["headline"]
    found = {
        name: {one["what"]: one["result"] for one in tried} for name, tried in verdict.evidence["diagnosis"].items()
    }
    assert found["clean"]["because"] == "unseeded"
    # It runs no Python, which alone could be told another order of folders.
    tried = {what: result for what, result in found["count"].items() if "(for Python alone)" not in what}
    assert set(tried.values()) == {"the same"} and len(tried) < len(found["count"])
