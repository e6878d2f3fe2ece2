"""Where files lie: behind links, beside the project, and where a proof is asked for and written."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from probado.cli import main
from probado.room.network import Network
from probado.room.room import Room
from probado.room.sandbox import BUBBLEWRAP
from tests.probado.conftest import SORT, Make, Prove, changed, stage


def test_a_link_in_a_declared_folder_leads_to_what_is_declared(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    repository.write(**{"data/x.txt": "5\n", "source/y.txt": "4\n"})
    (repository.path / "source/x.txt").symlink_to("../data/x.txt")
    (repository.path / "link").symlink_to("data")
    both = stage("cat source/x.txt source/y.txt > both", ["source"], "both")
    one = stage("cat link/x.txt > one", ["link/x.txt"], "one")
    repository.stages({"sort": SORT, "both": both, "one": one})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert verdict.status == 0 and "EXACT" in verdict.said, verdict.said


def test_data_of_this_machine_with_an_execute_bit_are_no_program(make: Make, prove: Prove, tmp_path: Path) -> None:
    data = tmp_path / "share" / "data.csv"
    data.parent.mkdir()
    data.write_text("5\n", encoding="utf-8")
    data.chmod(0o755)
    verdict = prove(make({"add": stage(f"cat raw.txt {data} > o", ["raw.txt"], "o")}))
    if verdict.evidence["network"]["method"] != BUBBLEWRAP:
        pytest.skip("only bubblewrap hides files of this machine")
    assert verdict.causes == [("add", "undeclared-read")], verdict.said


def test_a_folder_of_a_project_stands_for_the_project(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    repository = make({"sort": SORT}, **{"source/x": "1"})
    status = main(["prove", str(repository.path / "source"), "--env", "reuse"])
    assert status == 0, capsys.readouterr()
    assert (repository.path / "reports/proof.json").is_file() or (repository.path / "proof/proof.json").is_file()


@pytest.mark.parametrize("place", ["nowhere/proof.json", "."])
def test_where_a_proof_cannot_be_written_is_said_before_the_work(make: Make, prove: Prove, place: str) -> None:
    repository = make({"sort": SORT})
    verdict = prove(repository, "--out", str(repository.path / place))
    assert verdict.status == 2 and "a file in a folder that is there was expected" in verdict.said
    assert "sort" not in verdict.said.replace(str(repository.path), "")


def test_a_frozen_stage_behind_new_data(make: Make, prove: Prove) -> None:
    later = stage("wc -l < sorted.txt > count", ["sorted.txt"], "count")
    repository = make({"sort": SORT, "later": later})
    repository.stages({"sort": SORT, "later": later | {"frozen": True}})
    repository.write(**{"raw.txt": "7\n8\n9\n10\n"})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("later", "stale-lock")] and "dvc unfreeze later first" in verdict.said, verdict.said


LEFT = ["outputs/between.csv", ".work/between.csv", "made.py"]


@pytest.mark.parametrize("name", LEFT)
def test_what_an_earlier_stage_leaves_undeclared_is_no_input(make: Make, prove: Prove, name: str) -> None:
    first = stage(f"mkdir -p outputs .work; sort raw.txt > o1; wc -l < raw.txt > {name}", ["raw.txt"], "o1")
    second = stage(f"cat o1 {name} > o2", ["o1"], "o2")
    ignored = "/outputs\n/.work\n/made.py\n"
    verdict = prove(make({"first": first, "second": second}, **{".gitignore": ignored}))
    assert verdict.causes == [("second", "undeclared-read")], verdict.said


def test_lines_of_a_command_find_what_others_start_and_write(make: Make, prove: Prove) -> None:
    lines = ["sort raw.txt > /dev/shm/of_the_test", "cp /dev/shm/of_the_test o; rm /dev/shm/of_the_test"]
    verdict = prove(make({"two": stage(lines, ["raw.txt"], "o")}))  # type: ignore[arg-type]
    assert verdict.status == 0, verdict.said


NAME = f"of-{uuid.uuid4()}"
KEPT = [f"/tmp/{NAME}", f"$HOME/{NAME}", f"$TMPDIR/{NAME}"]


@pytest.mark.parametrize("kept", KEPT, ids=["temporary", "home", "TMPDIR"])
def test_what_a_stage_leaves_in_folders_of_this_machine_is_not_there_for_the_next(
    make: Make, prove: Prove, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    first = stage(f"sort raw.txt > o1; sort raw.txt > {kept}", ["raw.txt"], "o1")
    second = stage(f"cat o1 {kept} > o2", ["o1"], "o2")
    repository = make({"first": first, "second": second})
    Path(os.path.expandvars(kept)).unlink()
    verdict = prove(repository)
    if verdict.evidence["network"]["method"] != BUBBLEWRAP and kept.startswith("/tmp"):
        pytest.skip("only bubblewrap gives stages a /tmp of their own")
    assert verdict.causes == [("second", "undeclared-read")], verdict.said
    assert f"{NAME}, which an earlier stage left outside of the repository" in verdict.said


def test_a_log_of_two_stages_is_no_reason_why_one_fails(make: Make, prove: Prove) -> None:
    first = stage(f"sort raw.txt > o1; echo done | tee /tmp/{NAME}.log", ["raw.txt"], "o1")
    repository = make({"first": first, "second": stage("sort o1 > o2", ["o1"], "o2")})
    fails = f"echo planted | tee /tmp/{NAME}.log; exit 1"
    for name in ("dvc.yaml", "dvc.lock"):
        repository.edit(name, "cmd: sort o1 > o2", f"cmd: {fails}")
    repository.commit()
    assert prove(repository).causes == [("second", "error")]


@pytest.mark.parametrize("left", ["ln -s {} ~/.cache", "rm -rf ~ && ln -s {} ~", "rm -rf ~", "chmod 000 ~"])
def test_nothing_of_this_machine_is_removed_with_what_a_stage_leaves(tmp_path: Path, left: str) -> None:
    precious = tmp_path / "precious" / "matplotlib" / "data.csv"
    precious.parent.mkdir(parents=True)
    precious.write_text("5\n", encoding="utf-8")
    folder = tmp_path / "room"
    for name in ("home", "tmp", "var-tmp", "scratch"):
        (folder / name).mkdir(parents=True)
    room = Room(tmp_path, folder, None, None, Network("none", ""), 1, 1)  # type: ignore[arg-type]
    subprocess.run(left.format(tmp_path / "precious"), shell=True, env={"HOME": str(folder / "home")}, check=True)
    found = room.left_behind()
    room.clear()
    assert precious.is_file() and not [path for path in found if "data.csv" in path]
    assert (folder / "home").is_dir() and not (folder / "home").is_symlink() and not list((folder / "home").iterdir())


def test_fonts_are_looked_for_once(make: Make, prove: Prove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    first = stage("mkdir -p ~/.cache/matplotlib; touch ~/.cache/matplotlib/list; sort raw.txt > o1", ["raw.txt"], "o1")
    second = stage("ls ~/.cache/matplotlib > o2", ["o1"], "o2")
    assert prove(make({"first": first, "second": second})).status == 0


@pytest.mark.parametrize("name", ["data.csv", "lib/rules.csv"])
def test_what_lies_beside_programs(make: Make, prove: Prove, name: str, tmp_path: Path) -> None:
    program = tmp_path / "tools" / "bin" / "shout"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\ncat "$1" {tmp_path}/tools/{name}\n', encoding="utf-8")
    program.chmod(0o755)
    data = tmp_path / "tools" / name
    data.parent.mkdir(exist_ok=True)
    data.write_text("5\n", encoding="utf-8")
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with changed(os.environ, {"PATH": path}):
        repository = make({"shout": stage("shout raw.txt > o", ["raw.txt"], "o")})
    verdict = prove(repository, PATH=path)
    if verdict.evidence["network"]["method"] != BUBBLEWRAP:
        pytest.skip("only bubblewrap hides files of this machine")
    # What was installed with a program is the environment's.
    assert verdict.status == (1 if name == "data.csv" else 0), verdict.said


def test_an_environment_behind_a_link(make: Make, prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "env").symlink_to(sys.prefix)
    repository = make({"both": stage("cat raw.txt x > o", ["raw.txt"], "o")}, x="1")
    verdict = prove(repository, PATH=f"{tmp_path}/env/bin{os.pathsep}{os.environ['PATH']}")
    assert verdict.causes == [("both", "undeclared-read")], verdict.said


def test_settings_of_a_projects_own_among_those_of_tools(script: Make, prove: Prove) -> None:
    code = "import tomllib\nout.write_text(str(tomllib.loads(Path('pyproject.toml').read_text())['tool']['own']))"
    verdict = prove(script("o.txt", code, **{"pyproject.toml": "[tool.own]\nrate = 0.1\n"}))
    assert verdict.causes == [("second", "undeclared-read")], verdict.said
    assert "pyproject.toml (second.py:3)" in verdict.said or "pyproject.toml (second.py:4)" in verdict.said


@pytest.mark.parametrize("variable", ["HOME", "TMPDIR"])
def test_a_folder_of_this_machine_in_an_output(make: Make, prove: Prove, variable: str) -> None:
    verdict = prove(make({"say": stage(f"echo ${variable} > o", ["raw.txt"], "o")}))
    assert verdict.causes == [("say", "path")], verdict.said


def test_a_path_of_the_project_is_one_of_this_machine(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    repository.stages({"sort": SORT, "add": stage(f"cat {repository.path}/raw.txt > o", ["sorted.txt"], "o")})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("add", "undeclared-read")], verdict.said
    assert "raw.txt, a path of this machine alone: write it from the project's root" in verdict.said


def test_git_does_not_miss_what_a_stage_does_not_declare(make: Make, prove: Prove) -> None:
    command = "git diff --quiet || exit 1; sort raw.txt > o"
    repository = make({"clean": stage("sort raw.txt > o", ["raw.txt"], "o")}, **{"notes.md": "unrelated"})
    for name in ("dvc.yaml", "dvc.lock"):
        repository.edit(name, "cmd: sort raw.txt > o", f"cmd: {command}")
    repository.commit()
    verdict = prove(repository)
    assert verdict.status == 0, verdict.said


def test_an_archive_with_a_password_that_differs(make: Make, prove: Prove) -> None:
    # Made by hand, for Python writes none: a member of one byte, of which the flag of encryption is set.
    code = """
import zipfile, os
with zipfile.ZipFile("o.zip", "w") as archive:
    archive.writestr("secret", os.urandom(30))
data = bytearray(open("o.zip", "rb").read())
for mark, place in ((b"PK\\x03\\x04", 6), (b"PK\\x01\\x02", 8)):
    data[data.index(mark) + place] |= 1
open("o.zip", "wb").write(data)
"""
    made = stage("python zip.py", ["zip.py"], "o.zip")
    verdict = prove(make({"zip": made}, **{"zip.py": code}))
    assert verdict.status == 1 and verdict.causes[0][0] == "zip", verdict.said
