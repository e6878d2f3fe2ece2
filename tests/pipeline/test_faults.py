"""Faults while a stage runs: the last good outputs stay, one line says what happened, the next run recovers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Project

pytestmark = pytest.mark.slow

Runs = Callable[[Project], list[dict[str, Any]]]

# Where each stage is held, half-way through its writing, and what makes it run again.
HELD = {
    "acquire": ("dataset/acquire.py", '    print(f"data/raw: from {served}")'),
    "prepare": ("dataset/prepare.py", "    write_json(outputs() / COUNTS"),
    "featurize": ("features.py", '    print(f"{processed.shape[1] - 1} features'),
    "train": ("modeling/train.py", "            save(fitted, partial)"),
    "evaluate": ("modeling/evaluate.py", "    write_json(outputs() / METRICS"),
    "report": ("report.py", "    write_text(outputs() / REPORT"),
}


def hold(project: Project, stage: str) -> Path:
    """Make a stage wait, half-way through its writing, until it is ended; returns the file with its process id."""
    name, line = HELD[stage]
    path = project.path / project.module / name
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    indent = line[: len(line) - len(line.lstrip())]
    flag = project.path / ".runs" / "held"
    wait = f"import os, signal; open({str(flag)!r}, 'w').write(str(os.getpid())); signal.pause()"
    path.write_text(text.replace(line, f"{indent}{wait}\n{line}"), encoding="utf-8")
    return flag


def start(project: Project) -> subprocess.Popen[str]:
    """Start dvc repro in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        ["dvc", "repro"],
        cwd=project.path,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(flag: Path, process: subprocess.Popen[str]) -> int:
    """The process id in the flag file, once it is there."""
    deadline = time.monotonic() + 120
    while not (flag.is_file() and flag.read_text()):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "the stage did not come to the place where it is held"
        os.sched_yield()
    return int(flag.read_text())


@pytest.mark.parametrize("stage", HELD)
@pytest.mark.parametrize("how", ["ctrl-c", "kill -9"])
def test_an_ended_stage_leaves_the_last_good_outputs(project: Project, stage: str, how: str) -> None:
    before, lock = project.outputs(), (project.path / "dvc.lock").read_bytes()
    source = project.path / project.module / HELD[stage][0]
    original = source.read_bytes()
    flag = hold(project, stage)
    process = start(project)
    held = wait_for(flag, process)
    if how == "ctrl-c":
        os.killpg(process.pid, signal.SIGINT)
    else:
        os.kill(held, signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    step = HELD[stage][0].removesuffix(".py").replace("/", ".")
    said = "interrupted" if how == "ctrl-c" else "killed by signal 9"
    assert [line for line in output.splitlines() if f"stage {project.module}.{step}: {said}" in line], output
    assert "Traceback" not in output
    assert project.outputs() == before
    assert (project.path / "dvc.lock").read_bytes() == lock
    source.write_bytes(original)
    project.repro()
    assert project.outputs() == before
    assert project.leftovers() == []


def test_a_stage_does_not_outlive_its_runner(project: Project) -> None:
    before = project.outputs()
    source = project.path / project.module / HELD["train"][0]
    original = source.read_bytes()
    flag = hold(project, "train")
    process = start(project)
    held = wait_for(flag, process)
    runner = int(Path(f"/proc/{held}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(runner, signal.SIGKILL)
    process.communicate(timeout=120)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{held}").exists():
        assert time.monotonic() < deadline, "the stage goes on without its runner"
        os.sched_yield()
    source.write_bytes(original)
    project.repro()
    assert project.outputs() == before


def test_a_killed_training_is_closed_in_mlflow(project: Project, runs: Runs) -> None:
    flag = hold(project, "train")
    process = start(project)
    os.kill(wait_for(flag, process), signal.SIGKILL)
    process.communicate(timeout=120)
    killed, trained = runs(project)
    assert (killed["status"], trained["status"]) == ("KILLED", "FINISHED")
    assert "killed by signal 9" in killed["tags"]["mlops.error"]


def in_namespace(project: Project, prepare: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command where a mount of its own stands in for a full or read-only disk."""
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0
    ):
        pytest.skip("this system lets no process have mounts of its own (unshare -rm)")
    return project.run("unshare", "-rm", "sh", "-c", f"{prepare} && {command}", check=False)


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        ("mount -t tmpfs -o size=64k tmpfs data/processed", "No space left on device"),
        ("mount -t tmpfs -o ro tmpfs data/processed", "Read-only file system"),
    ],
    ids=["full", "read-only"],
)
def test_a_full_or_read_only_disk_is_said_in_one_line(project: Project, prepare: str, said: str) -> None:
    before = project.outputs()
    done = in_namespace(project, prepare, f"python -m mlops.stage {project.module}.features")
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert said in line
    assert "Traceback" not in done.stderr
    assert project.outputs() == before
    assert project.leftovers() == []
