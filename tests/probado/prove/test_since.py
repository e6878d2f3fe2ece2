"""Stages that an earlier proof covers are taken over, and only those; proofs of stages compose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow

# Each stage notes that it ran, in a file of this machine that it may write: only so can a test count.
CODE = "import common\nfrom pathlib import Path\nPath('{1}').write_text(common.change(Path('{0}').read_text()))\n"
COMMON = "def change(text):\n    return text.upper()\n"


@pytest.fixture
def chain(make: Make) -> Repository:
    """Three stages after the sorting one, in Python, which share a module that none declares."""
    stages = {"sort": SORT}
    files = {"common.py": COMMON, ".gitignore": "__pycache__/\n"}
    for number in (1, 2, 3):
        source = "sorted.txt" if number == 1 else f"out{number - 1}.txt"
        files[f"stage{number}.py"] = CODE.format(source, f"out{number}.txt")
        deps = [source, f"stage{number}.py"]
        stages[f"stage{number}"] = stage(f"python stage{number}.py", deps, f"out{number}.txt")
    return make(stages, **files)


def kept(repository: Repository, tmp_path: Path, name: str = "before.json") -> str:
    """A copy of the repository's proof, outside of it."""
    target = tmp_path / name
    (repository.path / "reports" / "proof.json").rename(target)
    return str(target)


def again(repository: Repository) -> None:
    """Reproduce what has changed, and commit."""
    repository.repro()
    repository.commit()


def test_unchanged_stages_are_taken_over(chain: Repository, prove: Prove, tmp_path: Path) -> None:
    first = prove(chain)
    assert first.status == 0, first.said
    assert set(first.evidence["stages"][1]["statement"]["code"]) == {"common.py"}
    before = kept(chain, tmp_path)
    chain.edit("stage3.py", "Path('out3", "Path('./out3")
    again(chain)
    verdict = prove(chain, "--since", before)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    taken = {one["name"] for one in verdict.evidence["stages"] if one["taken"]}
    # One of the two that are covered was drawn. What sort(1) reads is not seen: it may be any code.
    assert len(taken) == 1 and taken < {"stage1", "stage2"}
    commit = first.evidence["bound"]["commit"]
    assert f"1 of 4 stages taken over from the proof of {commit[:12]}" in verdict.evidence["headline"]
    assert "was drawn at random, and ran again" in verdict.said
    source = next(one["taken"] for one in verdict.evidence["stages"] if one["taken"])
    assert (source["commit"], source["machine"]) == (commit, first.evidence["machine"]["id"])
    assert len(verdict.evidence["outputs"]) == 4
    # It is a proof of the present commit, and may be the next one's.
    assert prove(chain, "--check").status == 0
    chain.git("add", "--all")
    third = prove(chain, "--allow-dirty", "--since", str(chain.path / "reports" / "proof.json"))
    assert sum(bool(one["taken"]) for one in third.evidence["stages"]) == 3, third.said


@pytest.mark.parametrize(
    ("change", "ran"),
    [
        # A module that no stage declares, with the same results.
        (lambda chain: chain.edit("common.py", "text.upper()", "str(text.upper())"), {"stage1", "stage2", "stage3"}),
        (lambda chain: chain.edit("stage2.py", "Path('out2", "Path('./out2"), {"stage2"}),
        (lambda chain: chain.write(**{"raw.txt": "1\n3\n2\n"}), {"sort"}),
    ],
    ids=["a module", "code", "raw data"],
)
def test_what_has_changed_runs(
    change: Callable[[Repository], None], ran: set[str], chain: Repository, prove: Prove, tmp_path: Path
) -> None:
    assert prove(chain).status == 0
    before = kept(chain, tmp_path)
    change(chain)
    again(chain)
    verdict = prove(chain, "--since", before)
    assert verdict.status == 0, verdict.said
    assert ran <= {one["name"] for one in verdict.evidence["stages"] if not one["taken"]}, verdict.said


@pytest.mark.parametrize("forged", ["verdict", "judge", "packages", "failed"])
def test_a_stage_that_is_not_proven_is_not_taken_over(
    forged: str, chain: Repository, prove: Prove, tmp_path: Path
) -> None:
    evidence = dict(prove(chain).evidence)
    (chain.path / "reports" / "proof.json").unlink()
    if forged == "verdict":
        evidence["outputs"][1] |= {"verdict": "FAIL", "found": "0" * 32}
        evidence["verdict"] = "FAIL"
    elif forged == "judge":
        evidence["judge"]["sha256"] = "0" * 64
    elif forged == "packages":
        for one in evidence["stages"]:
            one["statement"]["packages"] = "0" * 64
    else:
        evidence["stages"][1]["status"] = 1
    before = tmp_path / "before.json"
    before.write_text(json.dumps(evidence))
    verdict = prove(chain, "--since", str(before))
    assert verdict.status == 0, verdict.said
    taken = {one["name"] for one in verdict.evidence["stages"] if one["taken"]}
    assert taken == set() if forged in ("judge", "packages") else "stage1" not in taken, verdict.said


def test_a_proof_of_one_stage_composes(chain: Repository, prove: Prove, tmp_path: Path) -> None:
    """A cluster proves the long training; a laptop proves the rest."""
    assert "--out FILE says where it goes" in prove(chain, "--stage", "stage2").said
    assert (
        "dvc.lock has no stage train; it has sort, stage1"
        in prove(chain, "--stage", "train", "--out", str(tmp_path / "a.json")).said
    )
    files = [str(tmp_path / f"{name}.json") for name in ("stage1", "stage2")]
    for name, file in zip(("stage1", "stage2"), files, strict=True):
        part = prove(chain, "--stage", name, "--out", file)
        assert part.status == 0 and f"of {name} alone" in part.said and part.evidence == {}, part.said
        assert [out["stage"] for out in json.loads(Path(file).read_text())["outputs"]] == [name]
    alone = prove(chain, "--since", files[0])
    assert "stage1 is covered too, was drawn at random" in alone.said
    # It took the cluster three days.
    part = json.loads(Path(files[0]).read_text())
    part["stages"][0]["seconds"] = 3 * 86400.0
    Path(files[0]).write_text(json.dumps(part))
    alone = prove(chain, "--since", files[0])
    assert [one["name"] for one in alone.evidence["stages"] if one["taken"]] == ["stage1"], alone.said
    assert "no stage that is covered is short enough" in alone.said
    verdict = prove(chain, "--since", *files)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    taken = {one["name"] for one in verdict.evidence["stages"] if one["taken"]}
    assert taken == {"stage1"}, verdict.said
    assert prove(chain, "--check").status == 0
