"""Proofs that cannot succeed: the project stays as it was, no process and no folder is left, one line says why."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probado.conftest import SORT, Make, Prove, Repository
from tests.project import TEMPLATE, listen_to_interrupts

pytestmark = pytest.mark.slow

ASLEEP = "import time\ntime.sleep({seconds} if 'proof-' in str(out.resolve()) else 0)\nout.write_text('done')"


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """A folder of its own for the clean rooms of a test."""
    folder = tmp_path / "rooms"
    folder.mkdir()
    return folder


def command(repository: Repository, rooms: Path) -> tuple[list[str], dict[str, str]]:
    """The command line of a proof in a process of its own, and its environment."""
    variables = {**os.environ, "PYTHONPATH": str(TEMPLATE / "src"), "TMPDIR": str(rooms)}
    return [sys.executable, "-u", "-m", "probado", "prove", str(repository.path), "--env", "reuse"], variables


def started(repository: Repository, rooms: Path, line: str) -> subprocess.Popen[str]:
    """Start a proof and wait until it prints this."""
    arguments, variables = command(repository, rooms)
    proof = subprocess.Popen(
        arguments,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=listen_to_interrupts,
    )
    assert proof.stdout is not None
    for said in proof.stdout:
        if line in said:
            return proof
    raise AssertionError(f"it never said {line!r}")


def processes(rooms: Path) -> list[str]:
    """Command lines of processes that work in a folder."""

    def found() -> Iterator[str]:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if str((folder / "cwd").readlink()).startswith(str(rooms)):
                    yield (folder / "cmdline").read_text()
            except OSError:
                continue

    return list(found())


def test_a_stage_that_hangs(script: Make, rooms: Path, prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(rooms))
    verdict = prove(script("late.txt", ASLEEP.format(seconds=600)), "--limit", "0.02")
    assert (verdict.status, verdict.causes) == (1, [("second", "hang")]), verdict.said
    assert not list(rooms.iterdir()) and not processes(rooms)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(number: signal.Signals, script: Make, rooms: Path) -> None:
    repository = script("late.txt", ASLEEP.format(seconds=600))
    before = repository.tree()
    proof = started(repository, rooms, "sort ")
    proof.send_signal(number)
    said, _ = proof.communicate(timeout=60)
    assert proof.returncode == 130
    assert said.strip() == "prove: interrupted; the project is as it was"
    assert repository.tree() == before and not (repository.path / "reports" / "proof.json").exists()
    assert not list(rooms.iterdir()) and not processes(rooms)


def test_killed_it_leaves_no_process_and_the_next_one_removes_its_folder(
    script: Make, rooms: Path, prove: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = script("late.txt", ASLEEP.format(seconds=1))
    before = repository.tree()
    proof = started(repository, rooms, "sort ")
    proof.kill()
    proof.communicate(timeout=60)
    (left,) = rooms.iterdir()
    assert repository.tree() == before
    monkeypatch.setattr("tempfile.tempdir", str(rooms))
    assert prove(repository).evidence["verdict"] == "EXACT"
    assert not left.exists() and not processes(rooms)


def test_the_parent_of_a_stage_is_killed(script: Make, rooms: Path) -> None:
    # Its child would outlive it.
    code = "import subprocess\n'proof-' in str(out.resolve()) and subprocess.Popen(['sleep', '600'])\n"
    code += ASLEEP.format(seconds=600)
    repository = script("late.txt", code)
    proof = started(repository, rooms, "sort ")
    children = Path(f"/proc/{proof.pid}/task/{proof.pid}/children")
    while proof.poll() is None:
        if any("second.py" in line for line in processes(rooms)):
            for child in map(Path("/proc").joinpath, children.read_text().split()):
                # A child may have ended since its number was read. git, which the judge asks, runs no stage.
                with contextlib.suppress(OSError):
                    if (child / "comm").read_text() != "git\n":
                        os.kill(int(child.name), signal.SIGKILL)
    said, _ = proof.communicate()
    method = json.loads((repository.path / "reports" / "proof.json").read_text())["network"]["method"]
    assert proof.returncode == 1 and "FAIL" in said
    if method != "bubblewrap":
        pytest.skip("processes have numbers of their own under bubblewrap alone, and it does not work here")
    assert not processes(rooms)


def test_a_clone_that_is_killed(
    make: Make, tmp_path: Path, rooms: Path, prove: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make({"sort": SORT})
    monkeypatch.setattr("tempfile.tempdir", str(rooms))
    programs = tmp_path / "programs"
    programs.mkdir()
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (programs / "git").write_text(f'#!/bin/sh\ncase "$*" in *" clone "*) kill -9 $$;; esac\nexec {git} "$@"\n')
    (programs / "git").chmod(0o755)
    verdict = prove(repository, PATH=f"{programs}:{os.environ['PATH']}")
    assert (verdict.status, verdict.evidence) == (2, {})
    assert "the clone could not be made" in verdict.said
    assert not list(rooms.iterdir())


def test_two_at_once(make: Make, rooms: Path, prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make({"sort": SORT})
    beside = started(repository, rooms, "sort ")
    monkeypatch.setattr("tempfile.tempdir", str(rooms))
    assert prove(repository).evidence["verdict"] == "EXACT"
    said, _ = beside.communicate(timeout=120)
    assert beside.returncode == 0 and "EXACT: 1 of 1" in said
    assert not list(rooms.iterdir()) and not list((repository.path / "reports").glob("*.partial"))


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="a small disk takes root on Linux to mount")
@pytest.mark.parametrize(
    ("size", "status", "message"),
    [("100k", 2, "the clone could not be made"), ("6m", 3, "there was no room left on the disk of the clean room")],
)
def test_a_full_disk(size: str, status: int, message: str, script: Make, rooms: Path) -> None:
    """Its cause is "disk", which says nothing about the project."""
    repository = script("large.bin", "out.write_bytes(bytes(10_000_000))")
    before = repository.tree()
    arguments, variables = command(repository, rooms)
    mount = f'mount -t tmpfs -o size={size} none {rooms} && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, "sh", *arguments], env=variables, capture_output=True, text=True
    )
    if "permission denied" in done.stderr or "unshare failed" in done.stderr:
        pytest.skip("this container may not mount")
    assert done.returncode == status, done.stdout + done.stderr
    assert message in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert repository.tree() == before
