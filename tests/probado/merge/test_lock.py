"""dvc.lock is merged stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from probado.cli import main
from probado.merge.lock import merge
from tests.probado.conftest import Make, stage
from tests.project import TEMPLATE

OLD, NEW, OTHER = ({"cmd": "run", "outs": [{"path": "out", "md5": digit * 32}]} for digit in "123")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged", "left"),
    [
        ({"a": OLD, "b": OLD}, {"a": NEW, "b": OLD}, {"a": OLD, "b": NEW}, {"a": NEW, "b": NEW}, []),
        ({"a": OLD}, {"a": NEW}, {"a": NEW}, {"a": NEW}, []),
        ({"a": OLD}, {"a": NEW}, {"a": OTHER}, {}, ["a"]),
        ({"a": OLD}, {"a": OLD}, {"a": OLD, "b": NEW}, {"a": OLD, "b": NEW}, []),
        ({"a": OLD, "b": OLD}, {"a": OLD}, {"a": NEW, "b": OLD}, {"a": NEW}, []),
        ({"a": OLD}, {}, {"a": NEW}, {}, ["a"]),
        ({}, {"a": NEW}, {"a": OTHER}, {}, ["a"]),
    ],
    ids=["different", "the same", "both", "added", "removed", "removed and changed", "added by both"],
)
def test_each_stage_comes_from_the_side_that_changed_it(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any], left: list[str]
) -> None:
    assert merge(base, ours, theirs) == (merged, left)
    assert merge(base, theirs, ours)[1] == left


def lock(path: Path, **stages: Any) -> str:
    path.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))
    return str(path)


def test_what_is_no_lock_is_left_to_git(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = lock(tmp_path / "good", a=OLD)
    for number, text in enumerate(("<<<<<<< ours\na: 1\n=======\n", "schema: '3.0'\nstages: {}\n", "[]", "stages: {}")):
        bad = tmp_path / str(number)
        bad.write_text(text)
        assert main(["merge-lock", good, str(bad), good]) == 1
        assert bad.read_text() == text
        assert capsys.readouterr().err.startswith(f"probado merge-lock: {bad} ")


def test_git_merges_two_branches_and_keeps_the_bytes_of_dvc(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TEMPLATE / "src"))
    names = {"first": "ä b", "second": "c"}
    copy = {
        name: stage(f"cp '{file}.txt' '{file}.out'", [f"{file}.txt"], f"{file}.out") for name, file in names.items()
    }
    repository = make(copy, **{"ä b.txt": "1", "c.txt": "1", ".gitattributes": "dvc.lock merge=dvc-lock\n"})
    repository.git("config", "merge.dvc-lock.driver", "python -m probado merge-lock %O %A %B")
    main_branch = repository.git("branch", "--show-current").strip()
    repository.git("switch", "--quiet", "--create", "other")
    for name, branch in (("c", "other"), ("ä b", main_branch)):
        repository.git("switch", "--quiet", branch)
        repository.write(**{f"{name}.txt": "2"})
        repository.repro()
        repository.commit()
    repository.git("merge", "--quiet", "other")
    merged = (repository.path / "dvc.lock").read_bytes()
    repository.git("checkout", "--quiet", ".")
    repository.repro()
    assert (repository.path / "dvc.lock").read_bytes() == merged
    assert {entry["outs"][0]["md5"] for entry in repository.lock().values()} == {"c81e728d9d4c2f636f067f89cc14862c"}
