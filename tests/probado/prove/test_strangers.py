"""What a stranger's repository may hold: odd files, submodules, claims and variables."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow


def test_a_stage_that_runs_pytest(make: Make, prove: Prove) -> None:
    """It reads bytecode whose names hold more dots than Python's."""
    command = "python -m pytest test_it.py && python -m pytest test_it.py && echo done > done.txt"
    files = {"test_it.py": "def test_it():\n    assert 1 == 1\n", ".gitignore": "__pycache__/\n.pytest_cache/\n"}
    repository = make({"check": stage(command, ["test_it.py"], "done.txt")}, **files)
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (0, []), verdict.said


def test_archives_that_are_cut_short(make: Make, prove: Prove) -> None:
    code = "import gzip, os\nopen('out.gz', 'wb').write(gzip.compress(os.urandom(99), mtime=0)[:60])"
    verdict = prove(make({"pack": stage("python pack.py", ["pack.py"], "out.gz")}, **{"pack.py": code}))
    assert (verdict.status, verdict.causes) == (1, [("pack", "unseeded")]), verdict.said


def test_a_number_beyond_all_measure(make: Make, prove: Prove) -> None:
    claim = {"id": "n", "text": "n", "output": "n.json", "key": ["n"], "value": 1, "tolerance": 1}
    count = stage("python count.py", ["count.py"], "n.json")
    code = "open('n.json', 'w').write('{\"n\": 1' + '0' * 400 + '}')"
    repository = make({"count": count}, **{"count.py": code, "claims.yaml": yaml.safe_dump({"claims": [claim]})})
    verdict = prove(repository)
    assert [held["state"] for held in verdict.evidence["claims"]] == ["broken"], verdict.said
    assert "n.json has no number at n" in verdict.said and verdict.status == 1


def test_a_claim_on_a_pipeline_that_was_never_run_is_open(make: Make, prove: Prove) -> None:
    claim = {"id": "later", "text": "n", "output": "later/n.json", "key": ["n"], "value": 1, "tolerance": 0}
    later = {"stages": {"count": stage("echo '{\"n\": 1}' > n.json", [], "n.json")}}
    files = {"later/dvc.yaml": yaml.safe_dump(later), "claims.yaml": yaml.safe_dump({"claims": [claim]})}
    verdict = prove(make({"sort": SORT}, **files))
    assert verdict.status == 0, verdict.said
    assert "claim later                  open    claimed 1 ± 0, its stage was not run\n" in verdict.said
    assert "; 1 claim open (later/dvc.yaml:count never run and not proven; environment reused" in verdict.said


def test_claims_are_held_against_the_first_rerun(make: Make, prove: Prove) -> None:
    """Not against what an experiment, or other circumstances, left behind; and these are compared with it, too."""
    code = "import json, os\nwritten = {'threads': os.environ.get('OMP_NUM_THREADS'), 'who': 'proof-' in os.getcwd()}\n"
    code += "json.dump(written | {'n': int(os.environ.get('OMP_NUM_THREADS', 9))}, open('n.json', 'w'))"
    threads = str(os.cpu_count() or 1)
    claim = {"id": "n", "text": "n", "output": "n.json", "key": ["n"], "value": float(threads), "tolerance": 0}
    repository = make(
        {"count": stage("python count.py", ["count.py"], "n.json")},
        **{"count.py": code, "claims.yaml": yaml.safe_dump({"claims": [claim]})},
    )
    verdict = prove(repository, "--perturb")
    (held,) = verdict.evidence["claims"]
    assert (held["state"], held["found"]) == ("held", float(threads)), verdict.said
    assert {name for _, name in verdict.causes} == {"thread-count"}, verdict.said


def test_what_differs_from_the_lock_is_no_matter_of_circumstances(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    text = (repository.path / "dvc.lock").read_text()
    recorded = repository.lock()["sort"]["outs"][0]["md5"]
    (repository.path / "dvc.lock").write_text(text.replace(recorded, recorded[::-1]))
    repository.commit()
    verdict = prove(repository, "--perturb")
    assert verdict.causes == [("sort", "edited-lock")], verdict.said
    assert all(line["held"] for line in verdict.evidence["perturbations"]), verdict.said


@pytest.mark.parametrize(
    ("there", "used", "status"),
    [(True, True, 0), (False, True, 3), (False, False, 0)],
    ids=["there", "gone", "gone and of no use"],
)
def test_a_submodule(there: bool, used: bool, status: int, make: Make, prove: Prove, tmp_path: Path) -> None:
    theirs = Repository(tmp_path / "theirs")
    theirs.path.mkdir()
    (theirs.path / "more.txt").write_text("4\n")
    theirs.git("init", "-q", "-b", "main")
    theirs.commit()
    # Git takes submodules from folders only where its user says so.
    (tmp_path / ".gitconfig").write_text("[protocol.file]\nallow = always\n")
    repository = make({"sort": SORT})
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(theirs.path), "theirs")
    both = stage("cat raw.txt theirs/more.txt > both.txt", ["raw.txt", "theirs/more.txt"], "both.txt")
    repository.stages({"sort": SORT, **({"both": both} if used else {})})
    repository.repro()
    repository.commit()
    if not there:
        theirs.path.rename(tmp_path / "gone")
    verdict = prove(repository, HOME=str(tmp_path))
    assert verdict.status == status, verdict.said
    assert verdict.causes[:1] == ([(".gitmodules", "submodule")] if status else []), verdict.said
    assert ("a submodule could not be fetched" in verdict.said) == (not there)


def test_a_shallow_clone_and_an_output_that_stays(make: Make, prove: Prove, tmp_path: Path) -> None:
    once = stage("test -f once.txt || sort raw.txt > once.txt", ["raw.txt"], {"once.txt": {"persist": True}})
    repository = make({"once": once})
    shallow = Repository(tmp_path / "shallow")
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.path}", str(shallow.path))
    for where in (repository, shallow):
        verdict = prove(where)
        assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_the_evidence_lies_in_no_output(make: Make, prove: Prove) -> None:
    repository = make({"sort": stage("mkdir -p reports; sort raw.txt > reports/sorted.txt", ["raw.txt"], "reports")})
    assert prove(repository).status == 0
    assert sorted(path.name for path in (repository.path / "reports").iterdir()) == ["sorted.txt"]
    assert json.loads((repository.path / "proof" / "proof.json").read_text())["verdict"] == "EXACT"
    assert prove(repository, "--check").status == 0
    with contextlib.chdir(repository.path), Repo() as repo:
        assert repo.status() == {}


@pytest.mark.parametrize("asked", ["os.environ['GAIN']", "os.environ.get('GAIN', '1')"])
def test_a_variable_of_whoever_runs_it(asked: str, make: Make, prove: Prove) -> None:
    code = f"import os\nopen('out.txt', 'w').write(str(len({asked})))"
    with_gain = stage("GAIN=1 python gain.py", ["gain.py"], "out.txt")
    repository = make({"sort": SORT, "gain": with_gain}, **{"gain.py": code})
    repository.edit("dvc.yaml", "GAIN=1 ", "")
    repository.repro(GAIN="a SECRET")
    repository.commit()
    verdict = prove(repository, GAIN="a SECRET")
    assert verdict.causes == [("gain", "variable")], verdict.said
    text = "".join(path.read_text() for path in (repository.path / "reports").glob("proof.*"))
    assert "GAIN" in text and "SECRET" not in text + verdict.said


def test_a_claim_that_anything_would_hold(make: Make, prove: Prove) -> None:
    claim = {"id": "n", "text": "n", "output": "sorted.txt", "key": ["n"], "value": 1, "tolerance": float("inf")}
    repository = make({"sort": SORT}, **{"claims.yaml": yaml.safe_dump({"claims": [claim]})})
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence) == (2, {}), verdict.said
    assert "claims.yaml: tolerance: Input should be a finite number" in verdict.said
