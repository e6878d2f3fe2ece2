"""Proofs of sound repositories: the verdict, the evidence, what they are bound to, what is declared to differ."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow
COUNT = stage("python count.py", ["sorted.txt", "count.py"], {"counts.json": {"cache": False}})
CODE = """
import json

json.dump({"rows": {"kept": len(open("sorted.txt").readlines())}}, open("counts.json", "w"))
"""
CLAIM = {"id": "kept", "text": "All rows are kept.", "output": "counts.json", "key": ["rows", "kept"]}


@pytest.fixture
def repository(make: Make) -> Repository:
    """A repository with a claim; its counts are in git."""
    claims = yaml.safe_dump({"claims": [{**CLAIM, "value": 400, "tolerance": 0}]})
    rows = "".join(f"{number}\n" for number in range(400))
    files = {"count.py": CODE, "claims.yaml": claims, "raw.txt": rows, "README.md": "# Plain\n"}
    return make({"sort": SORT, "count": COUNT}, **files)


def test_proofs_of_a_sound_repository_raise_no_false_alarm(repository: Repository, prove: Prove) -> None:
    for _ in range(3):
        verdict = prove(repository, "--perturb")
        assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
        assert {out["verdict"] for out in verdict.evidence["outputs"]} == {"EXACT"}
        assert not verdict.causes and not any(run["problems"] for run in verdict.evidence["stages"])
        assert [claim["state"] for claim in verdict.evidence["claims"]] == ["held"]
        assert all(line["held"] for line in verdict.evidence["perturbations"])
        tried = {line["what"] for line in verdict.evidence["perturbations"]}
        assert tried >= {"folder", "hash seed", "time zone", "locale", "order of folders", "threads"}


def test_the_evidence(repository: Repository, prove: Prove) -> None:
    secret = "https://somebody:secret@proxy.invalid:3128"
    verdict = prove(repository, HTTPS_PROXY=secret, MLFLOW_TRACKING_URI="http://tracking.invalid")
    text = "".join(path.read_text(encoding="utf-8") for path in (repository.path / "reports").glob("proof.*"))
    assert "secret" not in text and "tracking.invalid" not in text and os.fspath(repository.path) not in text
    assert verdict.evidence["network"]["method"] in ("bubblewrap", "namespace", "seccomp")
    assert verdict.evidence["network"]["probe"].startswith("refused: ")
    assert {run["name"]: run["network"] for run in verdict.evidence["stages"]} == {"sort": "off", "count": "off"}
    page = (repository.path / "reports" / "proof.html").read_text(encoding="utf-8")
    assert "All rows are kept." in page and "counts.json" in page and "http" not in page
    assert "EXACT" in (repository.path / "reports" / "proof.md").read_text(encoding="utf-8")


def test_a_stage_sees_nothing_of_the_caller(script: Make, prove: Prove) -> None:
    repository = script("seen.json", "import json, os\nout.write_text(json.dumps(dict(os.environ)))")
    verdict = prove(repository, TOKEN="mine", PYTHONHASHSEED="5", TZ="Asia/Tokyo", DATA_FILE="/nowhere")
    assert [out["path"] for out in verdict.evidence["outputs"] if out["verdict"] == "FAIL"] == ["seen.json"]
    lines = next(out["differences"] for out in verdict.evidence["outputs"] if out["path"] == "seen.json")
    assert lines and not any("mine" in line or "Tokyo" in line for line in lines)


def test_it_says_whether_it_belongs_to_the_commit(repository: Repository, prove: Prove) -> None:
    prove(repository)
    repository.commit()
    made = prove(repository, "--check")
    assert made.status == 0
    kept = repository.path / "reports" / "proof.json"
    as_made, (first, *rest) = kept.read_bytes(), made.evidence["outputs"]
    kept.write_text(json.dumps({**made.evidence, "outputs": [{**first, "found": "0" * 32}, *rest]}))
    altered = prove(repository, "--check")
    assert altered.status == 2 and f"the hashes of {first['path']} are not EXACT" in altered.said
    kept.write_bytes(as_made)
    repository.edit("README.md", "# Plain", "# Plainer")
    repository.commit()
    verdict = prove(repository, "--check")
    assert verdict.status == 1
    assert "the commit holds other files than those that were proven" in verdict.said


def test_uncommitted_changes(repository: Repository, prove: Prove) -> None:
    (repository.path / "note.txt").write_text("not committed")
    refused = prove(repository)
    assert (refused.status, refused.evidence) == (2, {})
    assert "1 file is not committed (note.txt): commit what belongs" in refused.said
    verdict = prove(repository, "--allow-dirty")
    assert (verdict.status, verdict.evidence["bound"]["dirty"]) == (0, ["note.txt"])


@pytest.mark.parametrize(
    ("methods", "said"),
    [(("seccomp",), "files of this machine were not"), ((), "nothing here could keep the network")],
    ids=["without namespaces", "without anything"],
)
def test_the_first_line_says_what_was_not_kept_off(
    repository: Repository, prove: Prove, monkeypatch: pytest.MonkeyPatch, methods: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("probado.room.network.METHODS", methods)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    verdict = prove(repository)
    assert verdict.evidence["verdict"] == "EXACT"
    assert said in verdict.evidence["headline"]
    assert "PYTHONPATH: set here, and not in the clean room" in verdict.said


def test_proofs_made_elsewhere(repository: Repository, tmp_path: Path, prove: Prove) -> None:
    evidence = prove(repository).evidence
    evidence["machine"] |= {"id": "another", "cpu_class": "another class"}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(evidence))
    verdict = prove(repository, "--against", str(other))
    assert verdict.status == 0
    assert "2 machines, 2 CPU classes: the same files, all proven" in verdict.said
    evidence["outputs"][0] |= {"found": "0" * 32, "verdict": "OTHER BYTES"}
    evidence["verdict"] = "WITHIN TOLERANCE"
    other.write_text(json.dumps(evidence))
    verdict = prove(repository, "--against", str(other))
    assert "other bytes elsewhere: " in verdict.said and "all proven" not in verdict.said
    assert "each proven by itself, 1 outputs with other bytes" in verdict.said
    evidence["bound"]["tree"] = "0" * 64
    other.write_text(json.dumps(evidence))
    assert prove(repository, "--against", str(other)).status == 1


def alter(repository: Repository, meta: dict[str, Any], kept: float) -> None:
    """Commit counts that another machine gave, with what their entry in dvc.yaml allows."""
    text = (repository.path / "dvc.lock").read_text()
    before = repository.lock()["count"]["outs"][0]
    (repository.path / "counts.json").write_text(json.dumps({"rows": {"kept": kept}}))
    counts = {"counts.json": {"cache": False, "meta": meta}}
    repository.stages({"sort": SORT, "count": {**COUNT, "outs": [counts]}})
    repository.edit("claims.yaml", "tolerance: 0", "tolerance: 1")
    after = hash_of(repository.path / "counts.json")
    text = text.replace(before["md5"], after).replace(
        f"size: {before['size']}\n", f"size: {len(json.dumps({'rows': {'kept': kept}}))}\n"
    )
    (repository.path / "dvc.lock").write_text(text)
    repository.commit()


def hash_of(path: Path) -> str:
    """MD5 of a file, as DVC has it."""
    import hashlib

    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("meta", "kept", "verdict"),
    [
        ({"compare": {"rtol": 1.0e-6}}, 400.0001, "WITHIN TOLERANCE"),
        ({"compare": {"rtol": 1.0e-6}}, 400.1, "FAIL"),
        ({"compare": "content"}, 400.0, "WITHIN TOLERANCE"),
        ({"compare": "bytes"}, 400.0001, "FAIL"),
        ({"elsewhere": {"rtol": 1.0e-6}}, 400.0001, "FAIL"),
    ],
)
def test_declared_comparisons(
    meta: dict[str, Any], kept: float, verdict: str, repository: Repository, prove: Prove
) -> None:
    alter(repository, meta, kept)
    made = prove(repository)
    assert made.evidence["verdict"] == verdict, made.said
    assert made.status == (0 if verdict == "WITHIN TOLERANCE" else 1)


@pytest.mark.parametrize(
    ("meta", "kept", "verdict", "output"),
    [
        ({"elsewhere": {"rtol": 1.0e-6}}, 400.0001, "WITHIN TOLERANCE", "WITHIN TOLERANCE"),
        ({"elsewhere": {"rtol": 1.0e-6}}, 400.1, "FAIL", "FAIL"),
        ({"compare": "bytes"}, 400.1, "WITHIN TOLERANCE", "OTHER BYTES"),
        ({"compare": "bytes"}, 402.5, "FAIL", "OTHER BYTES"),
    ],
)
def test_on_another_kind_of_processor_claims_and_tolerances_decide(
    meta: dict[str, Any], kept: float, verdict: str, output: str, repository: Repository, prove: Prove
) -> None:
    alter(repository, meta, kept)
    evidence: dict[str, Any] = prove(repository).evidence
    evidence["machine"]["cpu_class"] = "another class"
    # There, everything came out as it is committed.
    evidence["outputs"] = [{**one, "verdict": "EXACT", "found": one["recorded"]} for one in evidence["outputs"]]
    evidence["claims"] = [{**one, "state": "held"} for one in evidence["claims"]]
    # It was no judge that runs from source, as it is in these tests.
    evidence["judge"]["as_installed"] = True
    evidence |= {"causes": [], "verdict": "EXACT"}
    (repository.path / "reports" / "proof.json").write_text(json.dumps(evidence))
    # A claim that speaks of what the other machine gave.
    repository.edit("claims.yaml", "value: 400", f"value: {kept}")
    repository.commit()
    made = prove(repository)
    assert made.evidence["made_elsewhere"] is True
    assert {out["path"]: out["verdict"] for out in made.evidence["outputs"]}["counts.json"] == output
    assert made.evidence["verdict"] == verdict, made.said


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("dvc.yaml", "cache: false", "{cache: false, meta: {compare: byte}}", "the comparison of counts.json"),
        ("claims.yaml", "value: 400", "value: many", "claims.yaml: value: Input should be a valid number"),
        ("claims.yaml", "claims:", "claim:", "claims.yaml: there should be"),
        ("dvc.yaml", "stages:", "stage:", "DVC cannot read the pipeline"),
    ],
)
def test_what_cannot_be_judged(
    name: str, old: str, new: str, message: str, repository: Repository, prove: Prove
) -> None:
    repository.edit(name, old, new)
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence) == (2, {}), verdict.said
    assert message in verdict.said
    assert len(verdict.said.strip().splitlines()) == 1


def test_a_claim_that_no_longer_holds(repository: Repository, prove: Prove) -> None:
    repository.edit("claims.yaml", "value: 400", "value: 401")
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (1, "FAIL")
    assert [claim["state"] for claim in verdict.evidence["claims"]] == ["broken"]
    assert "claimed 401 ± 0, came out 400" in verdict.said


def test_numbers_that_nothing_backs(repository: Repository, prove: Prove) -> None:
    readme = (
        "We keep 400 rows, are right in 98.7 % of cases, and use `numpy 2.4` since 2026-01-02.\n"
        "15 % of them are kept for testing: a parameter says so. There are 93 % intervals.\n"
        "Needs Python 3.11 or newer, CUDA 12.4, a numpy of version 2.5, and pandas 3.1+.\n"
    )
    repository.write(**{"README.md": readme, "docs/problem.md": "Nothing.\n", "params.yaml": "test: 0.15\n"})
    repository.edit("claims.yaml", "- id: kept\n", "- id: kept\n  quoted: [README.md, docs/problem.md]\n")
    repository.stages({"sort": SORT, "count": {**COUNT, "params": ["test"]}})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert verdict.status == 0, verdict.said
    advice = [line for line in verdict.evidence["advice"] if "in no claim, output or parameter" in line]
    assert advice == ["README.md: 98.7 % is in no claim, output or parameter"]
    assert "docs/problem.md should quote the claim kept and has no 400" in verdict.evidence["advice"]
    assert not any("README.md should" in line for line in verdict.evidence["advice"])
