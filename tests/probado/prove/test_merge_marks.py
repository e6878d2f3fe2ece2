"""Marks of a merge in DVC's files are named, with what to do."""

from __future__ import annotations

import pytest

from tests.probado.conftest import SORT, Make, Prove

THEIRS = "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n"


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
@pytest.mark.parametrize("file", ["dvc.lock", "dvc.yaml", "raw.bin.dvc"])
def test_marks_of_a_merge_are_named(make: Make, prove: Prove, file: str, committed: bool) -> None:
    repository = make({"sort": SORT})
    path = repository.path / file
    text = path.read_text() if path.is_file() else "outs: []\n"
    path.write_text(text + THEIRS)
    repository.git("add", "--all")
    if committed:
        repository.commit()
    proof = prove(repository)
    assert proof.status == 2
    line = text.count("\n") + 1
    assert proof.said.startswith(f"prove: {file}:{line}: a merge left its marks: git checkout --ours {file} ")
    assert proof.said.count("\n") == 1
