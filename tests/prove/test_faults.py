"""Proofs that cannot go well: the project stays as it was, no process and no folder is left, one line says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Project, listen_to_interrupts

from prove.conftest import Prove, tree

pytestmark = pytest.mark.slow

ASLEEP = "import time\ntime.sleep({seconds} if 'proof-' in str(ROOT.resolve()) else 0)\nout.write_text('done')"


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """A folder of its own for the clean rooms of a test."""
    folder = tmp_path / "rooms"
    folder.mkdir()
    return folder


def started(project: Project, rooms: Path, line: str, *command: str) -> subprocess.Popen[str]:
    """Start a proof and wait until it says this."""
    proof = subprocess.Popen(
        command or ("python", "-u", "-m", "mlops", "prove", "--env", "reuse"),
        cwd=project.path,
        env={**project.environment, "TMPDIR": str(rooms)},
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


def test_a_stage_that_hangs(planted: Callable[..., Project], rooms: Path, prove: Prove) -> None:
    project = planted("late.txt", ASLEEP.format(seconds=600))
    proof = prove(project, "--limit", "0.05", TMPDIR=str(rooms))
    assert proof.status == 1
    assert proof.causes() == [("featurize", "hang")], proof.said
    assert not list(rooms.iterdir()) and not processes(rooms)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(number: signal.Signals, planted: Callable[..., Project], rooms: Path) -> None:
    project = planted("late.txt", ASLEEP.format(seconds=600))
    before = tree(project)
    proof = started(project, rooms, "prepare ")
    proof.send_signal(number)
    said, _ = proof.communicate(timeout=60)
    assert proof.returncode == 130
    assert said.strip() == "prove: interrupted; the project is as it was"
    assert tree(project) == before and not (project.path / "reports" / "proof.json").exists()
    assert not list(rooms.iterdir()) and not processes(rooms)


def test_killed_it_leaves_no_process_and_the_next_one_removes_its_folder(
    planted: Callable[..., Project], rooms: Path, prove: Prove
) -> None:
    project = planted("late.txt", ASLEEP.format(seconds=2))
    before = tree(project)
    proof = started(project, rooms, "prepare ")
    proof.kill()
    proof.communicate(timeout=60)
    (left,) = rooms.iterdir()
    assert tree(project) == before
    assert prove(project, TMPDIR=str(rooms)).evidence["verdict"] == "EXACT"
    assert not left.exists() and not processes(rooms)


def test_a_clone_that_is_killed(small: Project, tmp_path: Path, rooms: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    programs = tmp_path / "programs"
    programs.mkdir()
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (programs / "git").write_text(f'#!/bin/sh\ncase "$*" in *" clone "*) kill -9 $$;; esac\nexec {git} "$@"\n')
    (programs / "git").chmod(0o755)
    proof = prove(project, PATH=f"{programs}:{project.environment['PATH']}", TMPDIR=str(rooms))
    assert (proof.status, proof.evidence) == (2, {})
    assert "the clone could not be made" in proof.said
    assert not list(rooms.iterdir())


def test_two_at_once(small: Project, tmp_path: Path, rooms: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    beside = started(project, rooms, "acquire ")
    assert prove(project, TMPDIR=str(rooms)).evidence["verdict"] == "EXACT"
    said, _ = beside.communicate(timeout=120)
    assert beside.returncode == 0 and "EXACT: 6 of 6" in said
    assert not list(rooms.iterdir()) and not list((project.path / "reports").glob("*.partial"))


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="a small disk takes root on Linux to mount")
@pytest.mark.parametrize(
    ("size", "status", "message"),
    [("1m", 2, "the clone could not be made"), ("6m", 3, "there was no room left on the disk of the clean room")],
)
def test_a_full_disk(size: str, status: int, message: str, planted: Callable[..., Project], rooms: Path) -> None:
    project = planted("large.bin", "out.write_bytes(bytes(10_000_000))")
    before = tree(project)
    command = f"mount -t tmpfs -o size={size} none {rooms} && exec python -m mlops prove --env reuse"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command],
        cwd=project.path,
        env={**project.environment, "TMPDIR": str(rooms)},
        capture_output=True,
        text=True,
    )
    if "permission denied" in done.stderr or "unshare failed" in done.stderr:
        pytest.skip("this container may not mount")
    assert done.returncode == status, done.stdout + done.stderr
    assert message in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert tree(project) == before
