"""make demo, as a newcomer types it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import TEMPLATE, TREE, clean_environment, listen_to_interrupts

pytestmark = pytest.mark.slow


def test_an_interrupted_demo_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "template"
    kept = shutil.ignore_patterns("build", ".venv", ".git", ".*_cache", "__pycache__")
    shutil.copytree(TEMPLATE, folder, ignore=kept)
    # The demo's second half needs no network: its data lie beside the template, or cannot be had.
    magic = folder / TREE.name / "configs" / "data" / "magic.yaml"
    magic.write_text(re.sub(r"url: \S+", "url: http://127.0.0.1:9/magic04.data", magic.read_text(encoding="utf-8")))
    if (data := TEMPLATE.parent / "shared").is_dir():
        (tmp_path / "shared").symlink_to(data)
    variables = clean_environment()
    demo = subprocess.Popen(
        ["make", "demo"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=listen_to_interrupts,
    )
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if "Running stage 'train'" in line:
            break
    os.killpg(demo.pid, signal.SIGINT)
    said += demo.stdout.read()
    assert demo.wait() != 0, said
    assert "interrupted: make demo goes on where it stopped" in said
    project = folder / "build" / "demo" / "first_project"
    (project / "mine.txt").write_text("kept")
    again = subprocess.run(["make", "demo"], cwd=folder, env=variables, capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    first = again.stdout.partition("on real data")[0]
    assert "Running stage 'train'" in first and "Running stage 'acquire'" not in first, first
    assert "accuracy" in first and "baseline" in first
    assert (project / "mine.txt").is_file()
    assert f"Look at   {project}/reports/report.html" in again.stdout
    assert (project / "reports" / "report.html").is_file()
