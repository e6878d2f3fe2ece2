"""What a stage does not declare is not there: files of this machine, of the repository, and what was committed."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(params=["/var/tmp", str(REPOSITORY / "build")])
def outside(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of this machine that is outside of the tested repository, for temporary files and elsewhere."""
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=request.param) as name:
        yield Path(name)


def needs_bubblewrap() -> None:
    """Skip where it is not installed, or the system refuses it."""
    if subprocess.run(["bwrap", "--ro-bind", "/", "/", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("bubblewrap is not here, or the system refuses it")


OPEN = "python -c \"from pathlib import Path; import sqlite3; Path('out.txt').write_text(str({}))\""
SELECT = "sqlite3.connect('{}/table.db').execute('select a from t').fetchall()"


@pytest.mark.parametrize(
    "command",
    [
        "cat sorted.txt {}/table.txt > out.txt",
        OPEN.format("Path('{}/table.txt').read_text()"),
        OPEN.format(SELECT),
        # It has another answer ready where the file is missing.
        "cat {}/table.txt > out.txt 2>/dev/null || echo none > out.txt",
    ],
    ids=["cat", "python", "sqlite", "quietly"],
)
def test_files_outside_of_the_repository(command: str, make: Make, prove: Prove, outside: Path) -> None:
    needs_bubblewrap()
    (outside / "table.txt").write_text("1\n")
    with contextlib.closing(sqlite3.connect(outside / "table.db")) as connection, connection:
        connection.execute("create table t as select 1 as a")
    second = stage(command.replace("{}", str(outside)), ["sorted.txt"], "out.txt")
    verdict = prove(make({"sort": SORT, "second": second}))
    assert (verdict.status, verdict.causes) == (1, [("second", "undeclared-read")]), verdict.said
    assert f"{outside}/table." in verdict.said


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp", "/dev/shm"])
def test_numbers_that_were_drawn_once_and_kept(folder: str, make: Make, prove: Prove, tmp_path: Path) -> None:
    needs_bubblewrap()
    kept = Path(folder, f"probado-{tmp_path.parent.name}-{tmp_path.name}")
    code = f"test -f {kept} || python -c 'import random; print(random.random())' > {kept}; cp {kept} out.txt"
    try:
        verdict = prove(make({"sort": SORT, "second": stage(code, ["sorted.txt"], "out.txt")}))
        assert kept.is_file()
    finally:
        kept.unlink()
    assert (verdict.status, verdict.causes) == (1, [("second", "unseeded")]), verdict.said


ASK = """import socket
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect("{}/database.sock")
    out.write_bytes(asked.recv(9))
"""


def test_a_database_of_this_machine(script: Make, prove: Prove, outside: Path) -> None:
    needs_bubblewrap()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(outside / "database.sock"))
        listener.listen()

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asked, _ = listener.accept()
                    asked.sendall(b"42")
                    asked.close()

        threading.Thread(target=answer, daemon=True).start()
        verdict = prove(script("out.txt", ASK.replace("{}", str(outside))))
    assert (verdict.status, verdict.causes) == (1, [("second", "undeclared-read")]), verdict.said


ANSWERS = {
    "git show": "git show HEAD:out.txt > out.txt 2>/dev/null || date +%N > out.txt",
    "git restore": "git checkout HEAD -- out.txt 2>/dev/null || date +%N > out.txt",
    "an object": "git cat-file blob $(git ls-tree HEAD out.txt | cut -c13-52) > out.txt || date +%N > out.txt",
    "the cache": "cp {project}/.dvc/cache/files/md5/*/* out.txt 2>/dev/null || date +%N > out.txt",
    "the judge's copy": "cp $(dirname $DVC_ROOT)/scratch/*/out.txt out.txt 2>/dev/null || date +%N > out.txt",
    "a path of the project": "cp {project}/out.txt out.txt 2>/dev/null || date +%N > out.txt",
    "undone": "umount {project} 2>/dev/null; cp {project}/out.txt out.txt 2>/dev/null || date +%N > out.txt",
    "of another process": "cp /proc/*/root{project}/out.txt out.txt 2>/dev/null || date +%N > out.txt",
}


@pytest.mark.parametrize("method", [(), ("bubblewrap",)], ids=["namespace", "bubblewrap"])
@pytest.mark.parametrize("way", ANSWERS)
def test_what_was_committed(
    way: str, method: tuple[str, ...], make: Make, prove: Prove, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stage that brings its answer from where it was computed before, and else gives something new."""
    if method:
        needs_bubblewrap()
    monkeypatch.setattr("probado.room.network.METHODS", method or ("namespace",))
    out: Any = {"out.txt": {"cache": way == "the cache"}}
    repository = make({"sort": SORT, "second": stage("echo 42 > out.txt", ["sorted.txt"], out)})
    command = ANSWERS[way].replace("{project}", str(repository.path))
    repository.stages({"sort": SORT, "second": stage(command, ["sorted.txt"], out)})
    repository.edit("dvc.lock", "echo 42 > out.txt", f"'{command}'")
    repository.commit()
    verdict = prove(repository)
    if verdict.evidence["network"]["method"] == "none":
        pytest.skip("this system lets nothing be hidden")
    assert (verdict.status, verdict.evidence["outputs"][1]["verdict"]) == (1, "FAIL"), verdict.said


@pytest.mark.parametrize("name", ["more.yaml", "settings.toml", "query.sql", "lib.js", "Makefile", ".more"])
def test_a_file_of_any_kind(name: str, make: Make, prove: Prove) -> None:
    second = stage(f"cat sorted.txt {name} > out.txt", ["sorted.txt"], "out.txt")
    verdict = prove(make({"sort": SORT, "second": second}, **{name: "a: 1\n"}))
    assert (verdict.status, verdict.causes) == (1, [("second", "undeclared-read")]), verdict.said
    assert name in verdict.said


def test_all_undeclared_reads_are_told_at_once(make: Make, prove: Prove) -> None:
    code = "from pathlib import Path\n"
    code += "Path('out.txt').write_text(Path('a.csv').read_text() + Path('b.yaml').read_text())"
    second = stage("python second.py", ["sorted.txt", "second.py"], "out.txt")
    files = {"second.py": code, "a.csv": "1", "b.yaml": "2"}
    verdict = prove(make({"sort": SORT, "second": second}, **files))
    assert verdict.causes == [("second", "undeclared-read")], verdict.said
    assert "a.csv (second.py:2); b.yaml (second.py:2)" in verdict.said


def test_what_it_declares_and_asks_of_git_is_there(make: Make, prove: Prove, outside: Path) -> None:
    (outside / "table.txt").write_text("1\n")
    (outside / "linked.txt").write_text("2\n")
    repository = make({"sort": SORT})
    (repository.path / "link.txt").symlink_to(outside / "linked.txt")
    command = f"sh own.sh; cat {outside}/table.txt link.txt >> out.txt; git rev-parse --abbrev-ref HEAD >> out.txt"
    command += "; test $(git rev-parse HEAD) = $(git log -1 --format=%H) && git diff --quiet HEAD -- own.sh"
    repository.write(**{"own.sh": "#!/bin/sh\necho 0 > out.txt\n"})
    deps = ["sorted.txt", str(outside / "table.txt"), "link.txt"]
    repository.stages({"sort": SORT, "second": stage(command, deps, "out.txt")})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    assert (repository.path / "out.txt").read_text() == "0\n1\n2\nmain\n"


@pytest.fixture
def in_a_folder(make: Make, tmp_path: Path) -> Callable[..., Repository]:
    """Make a repository whose project is one of its folders, with a second stage that runs this command."""

    def in_a_folder(command: str, *deps: str) -> Repository:
        repository = make({"sort": SORT})
        whole = tmp_path / "whole"
        (whole / "shared").mkdir(parents=True)
        (whole / "shared" / "table.txt").write_text("1\n")
        repository.path.rename(whole / "project")
        (whole / "project" / ".git").rename(whole / ".git")
        project = Repository(whole / "project")
        code = "import subprocess; open('out.txt', 'w').write(subprocess.getoutput('cat ../shared/table.txt'))"
        project.write(**{"second.py": f"open('../.git/HEAD').read()\n{code}\n"})
        project.stages({"sort": SORT, "second": stage(command, ["sorted.txt", *deps], "out.txt")})
        project.repro()
        project.git("add", "--all", ":/")
        project.commit()
        return project

    return in_a_folder


@pytest.mark.parametrize("command", ["cat ../shared/table.txt > out.txt", "python second.py"])
def test_a_project_in_a_folder(command: str, in_a_folder: Callable[..., Repository], prove: Prove) -> None:
    verdict = prove(in_a_folder(command, "../shared/table.txt", "second.py"))
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_another_folder_of_the_repository(in_a_folder: Callable[..., Repository], prove: Prove) -> None:
    verdict = prove(in_a_folder("cat ../shared/table.txt > out.txt"))
    assert (verdict.status, verdict.causes) == (1, [("second", "undeclared-read")]), verdict.said
    assert "../shared/table.txt" in verdict.said


def test_a_user_without_a_name_and_a_home(make: Make) -> None:
    needs_bubblewrap()
    repository = make({"sort": SORT})
    nobody = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--unshare-user", "--uid", "4711", "--gid", "4711"]
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src")}
    judge = [sys.executable, "-m", "probado", "prove", "--env", "reuse"]
    done = subprocess.run([*nobody, *judge], cwd=repository.path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "EXACT: 1 of 1 outputs are the committed bytes" in done.stdout


def test_a_stage_that_brings_data_takes_them_from_anywhere(make: Make, prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "named.txt").write_text("1\n")
    (tmp_path / "given.txt").write_text("2\n")
    command = f'cat {tmp_path}/named.txt "$DATA_FILE" > out.txt'
    fetch = {**stage(command, [], "out.txt"), "meta": {"network": True}}
    repository = make({"sort": SORT})
    repository.stages({"sort": SORT, "fetch": fetch})
    repository.repro(DATA_FILE=str(tmp_path / "given.txt"))
    repository.commit()
    verdict = prove(repository, DATA_FILE=str(tmp_path / "given.txt"))
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_its_own_temporary_files_are_no_reads_of_this_machine(script: Make, prove: Prove) -> None:
    needs_bubblewrap()
    code = "own = Path('/tmp/own.txt')\nown.write_text('1')\nout.write_text(own.read_text())\nown.unlink()"
    verdict = prove(script("out.txt", code))
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_a_folder_on_pythons_path_does_not_show_the_project(make: Make, prove: Prove, tmp_path: Path) -> None:
    """As where all packages of a larger repository are installed as editable."""
    repository = make({"sort": SORT}, **{".gitignore": ".venv\n", "out.txt": "42\n"})
    venv.create(repository.path / ".venv", with_pip=False, symlinks=True)
    (site,) = repository.path.glob(".venv/lib/python*/site-packages")
    (site / "all.pth").write_text(f"{tmp_path}\n")
    command = f"cp {repository.path}/raw.txt out.txt 2>/dev/null || date +%N > out.txt"
    repository.git("rm", "--quiet", "out.txt")
    repository.stages({"sort": SORT, "second": stage(command, ["sorted.txt"], "out.txt")})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    if verdict.evidence["network"]["method"] not in ("bubblewrap", "namespace"):
        pytest.skip("this system lets nothing be hidden")
    assert (verdict.status, verdict.evidence["outputs"][1]["verdict"]) == (1, "FAIL"), verdict.said
