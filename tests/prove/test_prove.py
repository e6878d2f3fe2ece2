"""Proofs of sound projects: the verdict, the evidence, what they are bound to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Project

from prove.conftest import Prove

pytestmark = pytest.mark.slow


@pytest.fixture
def project(small: Project, tmp_path: Path) -> Project:
    """A copy of the small project."""
    return small.copy(tmp_path / "project")


def test_three_proofs_without_a_false_alarm(small: Project, tmp_path: Path, prove: Prove) -> None:
    for number in range(3):
        proof = prove(small.copy(tmp_path / str(number)))
        assert (proof.status, proof.evidence["verdict"]) == (0, "EXACT"), proof.said
        assert {out["verdict"] for out in proof.evidence["outputs"]} == {"EXACT"}
        assert not proof.evidence["causes"]
        assert [claim["state"] for claim in proof.evidence["claims"]] == ["held"]
        assert proof.evidence["judge"]["released"] is True


def test_the_whole_pipeline_under_other_circumstances(finished: Project, tmp_path: Path, prove: Prove) -> None:
    proof = prove(finished.copy(tmp_path / "project"), "--perturb")
    assert (proof.status, proof.evidence["verdict"]) == (0, "EXACT"), proof.said
    assert len(proof.evidence["outputs"]) == 12
    assert not any(stage["problems"] for stage in proof.evidence["stages"])
    tried = {line["what"]: line["held"] for line in proof.evidence["perturbations"]}
    expected = ["folder", "hash seed", "time zone", "locale", "order of folders", "threads"]
    assert tried == dict.fromkeys(expected, True)
    assert {claim["state"] for claim in proof.evidence["claims"]} == {"held"}


def test_the_evidence(project: Project, prove: Prove) -> None:
    secret = "https://somebody:secret@proxy.invalid:3128"
    proof = prove(project, HTTPS_PROXY=secret, MLFLOW_TRACKING_URI="http://tracking.invalid")
    text = "".join(path.read_text(encoding="utf-8") for path in (project.path / "reports").glob("proof.*"))
    assert "secret" not in text and "tracking.invalid" not in text and os.fspath(project.path) not in text
    evidence = proof.evidence
    assert evidence["network"]["method"] in ("namespace", "seccomp")
    assert evidence["network"]["probe"].startswith("refused: ")
    assert {stage["name"]: stage["network"] for stage in evidence["stages"]} == {
        "acquire": "allowed",
        "prepare": "off",
        "featurize": "off",
    }
    page = (project.path / "reports" / "proof.html").read_text(encoding="utf-8")
    assert "All pictures are kept." in page and "data/processed/test.npz" in page and "http" not in page
    assert "EXACT" in (project.path / "reports" / "proof.md").read_text(encoding="utf-8")


def test_a_stage_sees_nothing_of_the_caller(project: Project, prove: Prove) -> None:
    code = "    import os, json\n    (ROOT / 'seen.json').write_text(json.dumps(dict(os.environ)))\n"
    project.edit("small/features.py", '    print(", ".join(', f'{code}    print(", ".join(')
    project.edit(
        "dvc.yaml", "      - data/processed/test.npz\n", "      - data/processed/test.npz\n      - seen.json\n"
    )
    with (project.path / ".gitignore").open("a") as ignored:
        ignored.write("/seen.json\n")
    project.repro()
    project.commit()
    proof = prove(project, TOKEN="mine", PYTHONHASHSEED="5", TZ="Asia/Tokyo", DATA_FILE="/nowhere")
    assert [out["path"] for out in proof.evidence["outputs"] if out["verdict"] == "FAIL"] == ["seen.json"]
    lines = next(out["differences"] for out in proof.evidence["outputs"] if out["path"] == "seen.json")
    assert not any("mine" in line or "Tokyo" in line for line in lines)


def test_it_says_whether_it_belongs_to_the_commit(project: Project, prove: Prove) -> None:
    prove(project)
    project.commit()
    made = prove(project, "--check")
    assert made.status == 0
    kept = project.path / "reports" / "proof.json"
    as_made, (first, *rest) = kept.read_bytes(), made.evidence["outputs"]
    kept.write_text(json.dumps({**made.evidence, "outputs": [{**first, "found": "0" * 32}, *rest]}))
    changed = prove(project, "--check")
    assert changed.status == 2 and f"the hashes of {first['path']} are not EXACT" in changed.said
    kept.write_bytes(as_made)
    project.edit("README.md", "# Small", "# Smaller")
    project.commit()
    proof = prove(project, "--check")
    assert proof.status == 1
    assert "the commit holds other files than those that were proven" in proof.said


def test_uncommitted_changes(project: Project, prove: Prove) -> None:
    (project.path / "note.txt").write_text("not committed")
    refused = prove(project)
    assert (refused.status, refused.evidence) == (2, {})
    assert "1 file is not committed (note.txt): commit what belongs" in refused.said
    proof = prove(project, "--allow-dirty")
    assert (proof.status, proof.evidence["bound"]["dirty"]) == (0, ["note.txt"])


def test_proofs_made_elsewhere(project: Project, tmp_path: Path, prove: Prove) -> None:
    evidence = prove(project).evidence
    evidence["machine"] |= {"id": "another", "cpu_class": "another class"}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(evidence))
    proof = prove(project, "--against", str(other))
    assert proof.status == 0
    assert "2 machines, 2 CPU classes: the same files, all proven" in proof.said
    evidence["bound"]["tree"] = "0" * 64
    other.write_text(json.dumps(evidence))
    assert prove(project, "--against", str(other)).status == 1


def altered(project: Project, meta: str, change: str) -> None:
    """Commit counts that another machine gave, with what their entry in dvc.yaml allows."""
    counts = project.path / "reports" / "data_counts.json"
    counts.write_text(json.dumps({"rows": {"read": 400, "kept": eval(change)}}, indent=2) + "\n")
    project.edit(
        "dvc.yaml",
        "reports/data_counts.json: {cache: false}",
        f"reports/data_counts.json: {{cache: false, meta: {meta}}}",
    )
    project.edit("claims.yaml", "tolerance: 0", "tolerance: 1")
    project.run("dvc", "commit", "--force", "prepare")
    project.commit()


@pytest.mark.parametrize(
    ("meta", "change", "verdict"),
    [
        ("{compare: {rtol: 1.0e-6}}", "400.0001", "WITHIN TOLERANCE"),
        ("{compare: {rtol: 1.0e-6}}", "400.1", "FAIL"),
        ("{compare: content}", "400.0", "WITHIN TOLERANCE"),
        ("{compare: bytes}", "400.0001", "FAIL"),
        ("{elsewhere: {rtol: 1.0e-6}}", "400.0001", "FAIL"),
    ],
)
def test_declared_comparisons(meta: str, change: str, verdict: str, project: Project, prove: Prove) -> None:
    altered(project, meta, change)
    proof = prove(project)
    assert proof.evidence["verdict"] == verdict, proof.said
    assert proof.status == (0 if verdict == "WITHIN TOLERANCE" else 1)


@pytest.mark.parametrize(
    ("meta", "change", "verdict", "output"),
    [
        ("{elsewhere: {rtol: 1.0e-6}}", "400.0001", "WITHIN TOLERANCE", "WITHIN TOLERANCE"),
        ("{elsewhere: {rtol: 1.0e-6}}", "400.1", "FAIL", "FAIL"),
        ("{compare: bytes}", "400.1", "WITHIN TOLERANCE", "OTHER BYTES"),
        ("{compare: bytes}", "402.5", "FAIL", "OTHER BYTES"),
    ],
)
def test_on_another_kind_of_processor_claims_and_tolerances_decide(
    meta: str, change: str, verdict: str, output: str, project: Project, prove: Prove
) -> None:
    altered(project, meta, change)
    evidence: dict[str, Any] = prove(project).evidence
    evidence["machine"]["cpu_class"] = "another class"
    # There, everything came out as it is committed.
    evidence["outputs"] = [{**one, "verdict": "EXACT", "found": one["recorded"]} for one in evidence["outputs"]]
    evidence["claims"] = [{**one, "state": "held"} for one in evidence["claims"]]
    evidence |= {"causes": [], "verdict": "EXACT"}
    (project.path / "reports" / "proof.json").write_text(json.dumps(evidence))
    # A claim that speaks of what the other machine gave.
    kept = float(eval(change))
    project.edit("claims.yaml", "value: 400", f"value: {kept}")
    project.commit()
    proof = prove(project)
    assert proof.evidence["made_elsewhere"] is True
    found = {out["path"]: out["verdict"] for out in proof.evidence["outputs"]}
    assert found["reports/data_counts.json"] == output
    assert proof.evidence["verdict"] == verdict, proof.said


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "dvc.yaml",
            "{cache: false}",
            "{cache: false, meta: {compare: byte}}",
            "the comparison of reports/data_counts.json",
        ),
        ("claims.yaml", "value: 400", "value: many", "claims.yaml: value: Input should be a valid number"),
        ("claims.yaml", "claims:", "claim:", "claims.yaml: there should be"),
        ("dvc.yaml", "stages:", "stage:", "DVC cannot read the pipeline"),
    ],
)
def test_what_cannot_be_judged(name: str, old: str, new: str, message: str, project: Project, prove: Prove) -> None:
    project.edit(name, old, new)
    project.commit()
    proof = prove(project)
    assert (proof.status, proof.evidence) == (2, {}), proof.said
    assert message in proof.said
    assert len(proof.said.strip().splitlines()) == 1


def test_numbers_that_nothing_backs(project: Project, prove: Prove) -> None:
    with (project.path / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("\nWe keep 400 pictures, are right in 98.7 % of cases, and use `numpy 2.4` since 2026-01-02.\n")
        readme.write("\nOf them 15 % are kept for testing: a parameter says so. There are 93 % intervals.\n")
    project.edit(
        "claims.yaml", "claims:\n- id: kept\n", "claims:\n- id: kept\n  quoted: [README.md, docs/your_problem.md]\n"
    )
    project.commit()
    proof = prove(project)
    assert proof.status == 0
    nothing = "no claim, output or parameter has the number of README.md: "
    advice = [line for line in proof.evidence["advice"] if line.startswith(nothing)]
    assert advice == [f"{nothing}98.7 %"]
    assert "docs/your_problem.md should quote the claim kept and has no 400" in proof.evidence["advice"]
    assert not any("README.md should" in line for line in proof.evidence["advice"])
