"""What DVC knows of a pipeline is told as it is: stages that never ran, frozen ones, parameters read by its API."""

from __future__ import annotations

import pytest

from tests.probado.conftest import SORT, Make, Prove, stage

pytestmark = pytest.mark.slow


def test_a_stage_without_outputs_that_never_ran(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    repository.stages({"sort": SORT, "show": {"cmd": "cat sorted.txt", "deps": ["sorted.txt"]}})
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (3, []), verdict.said
    assert "dvc.lock has no entry for show: dvc repro, and commit dvc.lock" in verdict.said


def test_a_frozen_stage_is_thawed_first(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    repository.stages({"sort": SORT | {"frozen": True}})
    repository.write(**{"raw.txt": "5\n4\n"})
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("sort", "stale-lock")], verdict.said
    assert "it is frozen, so that dvc repro leaves it out: dvc unfreeze sort first" in verdict.said


@pytest.mark.parametrize(
    "code",
    ["import dvc.api\nout.write_text(str(dvc.api.params_show()))", "out.write_text(Path('calkit.yaml').read_text())"],
    ids=["params_show", "calkit"],
)
def test_files_of_tools_are_no_undeclared_reads(make: Make, prove: Prove, code: str) -> None:
    text = f"from pathlib import Path\nout = Path('out.txt')\n{code}\n"
    show = stage("python show.py", ["show.py"], "out.txt", params=[{"own.yaml": ["depth"]}])
    files = {"show.py": text, "own.yaml": "depth: 3\n", "params.yaml": "width: 4\n", "calkit.yaml": "name: a\n"}
    verdict = prove(make({"show": show}, **files))
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
