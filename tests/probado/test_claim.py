"""A first claim: written from a number as it came out, and aside where it is about other data."""

from __future__ import annotations

from pathlib import Path

import pytest

from probado.cli import main
from probado.prove.claims import read_claims
from tests.probado.conftest import Make, Prove, stage

WRITE = (
    "import json, pathlib\npathlib.Path('m.json').write_text(json.dumps({'metrics': {'rmse': {'value': 54.321}}}))\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "metrics.json").write_text('{"metrics": {"rmse": {"value": 54.321, "low": 50}}, "rows": 3}')
    (tmp_path / "settings.yaml").write_text("defaults:\n  - data: fish\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_metric(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", "metrics.json", "--where", "settings.yaml", "defaults.0.data"]) == 0
    (claim,) = read_claims(project)
    assert (claim.id, claim.key, claim.value, claim.tolerance) == ("rmse_fish", ["metrics", "rmse", "value"], 54.3, 1)
    assert claim.where and claim.where.value == "fish"
    assert capsys.readouterr().out.startswith("claims.yaml: metrics rmse value of metrics.json is 54.3.")


@pytest.mark.parametrize("before", ["# Ours.\nclaims: []\n", "claims:\n", None])
def test_what_is_there_stays(project: Path, before: str | None) -> None:
    if before:
        (project / "claims.yaml").write_text(before)
    assert main(["claim", "metrics.json", "rows"]) == 0
    assert main(["claim", "metrics.json", "metrics", "rmse", "low", "--id", "low"]) == 0
    assert [(claim.id, claim.value) for claim in read_claims(project)] == [("rows", 3), ("low", 50)]
    assert (project / "claims.yaml").read_text().startswith("# Ours." if before and "#" in before else "claims:")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.json"], "there is no none.json: run the pipeline first"),
        (["metrics.json", "metrics", "mae"], "metrics.json has no number at metrics / mae"),
        (["metrics.json", "rows", "--where", "settings.yaml", "defaults.1"], "settings.yaml has nothing at defaults.1"),
        (["metrics.json", "rows", "--id", "known"], "claims.yaml has a claim known already"),
    ],
)
def test_what_cannot_be_claimed(
    project: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["claim", "metrics.json", "rows", "--id", "known"]) == 0
    before = (project / "claims.yaml").read_text()
    assert main(["claim", *arguments]) == 2
    assert said in capsys.readouterr().err and (project / "claims.yaml").read_text() == before


@pytest.mark.slow
def test_a_claim_about_other_data_steps_aside(make: Make, prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make({"w": stage("python w.py", ["w.py"], "m.json")}, **{"w.py": WRITE, "s.yaml": "data: fish\n"})
    monkeypatch.chdir(repository.path)
    assert main(["claim", "m.json", "--where", "s.yaml", "data"]) == 0
    repository.commit()
    assert "1 of 1 claims hold" in prove(repository).evidence["headline"]
    repository.edit("s.yaml", "fish", "wine")
    repository.edit("claims.yaml", "value: 54.3", "value: 99")
    repository.commit()
    verdict = prove(repository)
    assert verdict.status == 0 and verdict.evidence["claims"][0]["state"] == "aside"
    assert "no claim is about these results" in verdict.evidence["headline"]
    assert "aside" in verdict.said and "s.yaml: data is not fish" in verdict.said
    assert main(["prove", "--check"]) == 0
