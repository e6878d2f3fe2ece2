"""Faults while a stage runs: the last good outputs stay, one line says what happened, the next run recovers."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.pipeline.conftest import Runs
from tests.project import Project, listen_to_interrupts

pytestmark = pytest.mark.slow


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project, whose stages are started and watched as usual."""
    return finished.copy(tmp_path / "project")


# Where each stage is held, half-way through its writing, and what makes it run again.
HELD = {
    "acquire": ("dataset/acquire.py", '    print(f"data/raw: from {served}"'),
    "prepare": ("dataset/prepare.py", "    write_json(outputs() / COUNTS"),
    "featurize": ("features.py", '    print(f"{features.shape[1]} features'),
    "train": ("modeling/train.py", "            save(fitted, partial, ROOT / INPUTS, scores)"),
    "evaluate": ("modeling/evaluate.py", "    write_json(outputs() / METRICS"),
    "report": ("report.py", "    write_text(outputs() / REPORT"),
}


def hold(project: Project, stage: str) -> Path:
    """Make a stage wait, half-way through its writing, until it is ended; returns the pipe of its process id."""
    name, line = HELD[stage]
    path = project.path / project.module / name
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    indent = line[: len(line) - len(line.lstrip())]
    flag = project.path / ".runs" / "held"
    os.mkfifo(flag)
    wait = f"import os, signal; print(os.getpid(), file=open({str(flag)!r}, 'w'), flush=True); signal.pause()"
    path.write_text(text.replace(line, f"{indent}{wait}\n{line}"), encoding="utf-8")
    return flag


def start(project: Project) -> subprocess.Popen[str]:
    """Start dvc repro in a process group of its own that Ctrl-C reaches, as a terminal does."""
    return subprocess.Popen(
        ["dvc", "repro"],
        cwd=project.path,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=listen_to_interrupts,
    )


def wait_for(flag: Path, process: subprocess.Popen[str]) -> int:
    """The process id that comes through the pipe."""
    told = os.open(flag, os.O_RDONLY | os.O_NONBLOCK)
    if not select.select([told], [], [], 120)[0]:
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail(f"the stage did not come to the place where it is held: {process.communicate()[0]}")
    return int(os.read(told, 20))


# What a stage has half written does not depend on how it ends: each stage once, and one of them in both ways.
@pytest.mark.parametrize(
    ("stage", "how"), [*zip(HELD, ["ctrl-c", "kill -9"] * 3, strict=True), ("evaluate", "kill -9")]
)
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
    watched = os.pidfd_open(held)
    runner = int(Path(f"/proc/{held}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(runner, signal.SIGKILL)
    process.communicate(timeout=120)
    ended = select.select([watched], [], [], 30)[0]
    assert ended, "the stage goes on without its runner"
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


def test_a_training_that_is_killed_in_a_store_of_its_own_is_brought_over(project: Project, runs: Runs) -> None:
    with contextlib.closing(sqlite3.connect(project.path / "mlflow.db", isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        flag = hold(project, "train")
        process = start(project)
        killed = wait_for(flag, process)
    os.kill(killed, signal.SIGKILL)
    process.communicate(timeout=120)
    assert [run["status"] for run in runs(project)] == ["KILLED", "FINISHED"]


def test_a_killed_evaluation_is_recorded_beside_its_training(project: Project, runs: Runs) -> None:
    (trained,) = runs(project)
    flag = hold(project, "evaluate")
    process = start(project)
    os.kill(wait_for(flag, process), signal.SIGKILL)
    process.communicate(timeout=120)
    killed, still = runs(project)
    assert (still["id"], still["status"]) == (trained["id"], "FINISHED")
    assert (killed["status"], killed["tags"]["mlops.beside"]) == ("KILLED", trained["id"])
    (record,) = (path for path in project.path.glob(".runs/*-evaluate-*/record.json") if "killed" in path.read_text())
    assert json.loads(record.read_text())["status"] == -signal.SIGKILL


# The file system reports a full disk, or SQLite does for MLflow.
FULL = ("No space left on device", "database or disk is full")


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


def test_a_disk_that_is_full_when_a_run_is_recorded_costs_no_result(project: Project) -> None:
    (project.path / ".runs").mkdir(exist_ok=True)
    full = "mount -t tmpfs -o size=8k tmpfs .runs && (cat /dev/zero > .runs/filler 2>/dev/null; true)"
    steps = f"python -m mlops.stage {project.module}.features && rm .runs/filler && python -m mlops record"
    before = project.outputs()
    done = in_namespace(project, full, f"({steps})")
    assert done.returncode == 0 and project.outputs() == before, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert "done, but its record could not be written: No space left on device" in line
    # Half a record is no run that MLflow lacks.
    assert "0 of 0 runs" in done.stdout and "Traceback" not in done.stderr


def test_a_full_disk_stops_the_pipeline_which_recovers_with_room(project: Project, tmp_path: Path) -> None:
    before = project.outputs()
    disk = tmp_path / "disk"
    disk.mkdir()
    # The disk lives no longer than the command: everything that is looked at happens in it.
    (tmp_path / "steps.sh").write_text(
        """
        sed -i 's/^seed: 42/seed: 43/' configs/config.yaml
        dd if=/dev/zero of=filler bs=1k 2>/dev/null
        truncate -s -400K filler
        dvc repro && exit 1
        find . -name '*.partial' | sed 's/^/left over: /'
        rm filler
        dvc repro && echo recovered
        sed -i 's/^seed: 43/seed: 42/' configs/config.yaml
        dvc repro && cp -r dvc.yaml data models reports docs "$1"
        """
    )
    back = Project(tmp_path / "back", project.module)
    back.path.mkdir()
    mount = f"mount -t tmpfs -o size=40m tmpfs {disk} && cp -a . {disk} && cd {disk}"
    done = in_namespace(project, mount, f"sh {tmp_path}/steps.sh {back.path}")
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert said and any(reason in line for line in said for reason in FULL), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "left over" not in done.stdout
    assert "recovered" in done.stdout
    assert back.outputs() == before


def test_a_read_only_folder_stops_the_pipeline_which_recovers(project: Project) -> None:
    before = project.outputs()
    project.edit("configs/config.yaml", "seed: 42", "seed: 43")
    done = in_namespace(project, "mount --bind -o ro models models", "dvc repro")
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    changed = {name for name, digest in project.outputs().items() if digest != before[name]}
    assert all(name.startswith("data/processed/") for name in changed)
    assert project.leftovers() == []
    project.repro()
    project.edit("configs/config.yaml", "seed: 43", "seed: 42")
    project.repro()
    assert project.outputs() == before
