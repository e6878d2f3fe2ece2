"""Proofs that were changed after they were made: refused, as far as the commit can tell."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probado.conftest import SORT, Make, Prove, stage

pytestmark = pytest.mark.slow

CLAIMS = "claims:\n- {id: one, text: One line., output: count.json, key: [lines], value: 3, tolerance: 0}\n"
Proof = dict[str, Any]


def of_output(**changes: Any) -> Callable[[Proof], None]:
    return lambda proof: proof["outputs"][0].update(changes)


def within_tolerance(proof: Proof) -> None:
    proof["outputs"][0] |= {"verdict": "WITHIN TOLERANCE", "found": "0" * 32, "compared": "rtol 1"}
    proof |= {"verdict": "WITHIN TOLERANCE", "headline": proof["headline"].replace("EXACT: 2", "WITHIN TOLERANCE: 1")}


# What is changed, and what is said of it.
FORGERIES: dict[str, tuple[Callable[[Proof], Any], str]] = {
    "verdict": (lambda proof: proof.update(verdict="WITHIN TOLERANCE"), "its parts say EXACT"),
    "verdict of an output": (of_output(verdict="FAIL"), "its parts say FAIL, not EXACT"),
    "other bytes called exact": (of_output(found="0" * 32), "are not EXACT"),
    "hash that dvc.lock lacks": (of_output(found="0" * 32, recorded="0" * 32), "dvc.lock has another hash or stage"),
    "output dropped": (lambda proof: proof["outputs"].pop(), "the output sorted.txt is missing from it"),
    "output invented": (
        lambda proof: proof["outputs"].append({**proof["outputs"][0], "path": "more.txt"}),
        "dvc.lock has no output more.txt",
    ),
    "tolerance invented": (within_tolerance, "dvc.yaml does not say that count.json is compared by rtol 1"),
    "stage dropped": (lambda proof: proof["stages"].pop(), "the stage sort is missing from it"),
    "stage failed": (lambda proof: proof["stages"][0].update(status=1), "the stage count failed"),
    "claim dropped": (lambda proof: proof["claims"].clear(), "its claims are not those of claims.yaml"),
    "claim moved": (lambda proof: proof["claims"][0].update(value=4.0, found=4.0), "its claims are not those"),
    "number of a claim": (lambda proof: proof["claims"][0].update(found=4.0), "does not hold by its own number"),
    "claim set aside": (lambda proof: proof["claims"][0].update(state="aside"), "whether the claim"),
    "headline": (lambda proof: proof.update(headline="EXACT: 9 of 9 outputs"), "its headline does not say"),
    "judge": (lambda proof: proof["judge"].update(sha256="0" * 64), "its judge is not known"),
    "raw data": (lambda proof: proof["bound"]["data"].update({"more.csv": "0" * 32}), "its raw data are not those"),
    "lock": (lambda proof: proof["bound"].update(dvc_lock={}), "dvc.lock is another one"),
    "commit": (lambda proof: proof["bound"].update(commit="no commit"), "no commit is no commit"),
    "tree": (lambda proof: proof["bound"].update(tree="0" * 64), "holds other files than those that were proven"),
}


def test_forged_proofs_do_not_pass(make: Make, prove: Prove) -> None:
    """One repository for all of them; a name in the message tells which one passed."""
    code = "import json\njson.dump({'lines': len(open('sorted.txt').readlines())}, open('count.json', 'w'))\n"
    count = stage("python count.py", ["count.py", "sorted.txt"], "count.json")
    repository = make({"sort": SORT, "count": count}, **{"count.py": code, "claims.yaml": CLAIMS})
    proof = dict(prove(repository).evidence)
    assert proof["verdict"] == "EXACT"
    honest = prove(repository, "--check")
    assert honest.status == 0 and "not checked: that it ran at all" in honest.said
    kept: Path = repository.path / "reports" / "proof.json"
    for name, (change, said) in FORGERIES.items():
        forged = copy.deepcopy(proof)
        # The later stage first, so that what is dropped is what others depend on.
        forged["outputs"].reverse()
        forged["stages"].reverse()
        change(forged)
        kept.write_text(json.dumps(forged), encoding="utf-8")
        verdict = prove(repository, "--check")
        assert verdict.status in (1, 2) and said in verdict.said, (name, verdict.said)
