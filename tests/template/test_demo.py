"""make demo, as a newcomer types it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import TEMPLATE, clean_environment

pytestmark = pytest.mark.slow


def test_an_interrupted_demo_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "template"
    kept = shutil.ignore_patterns("build", ".venv", ".git", ".*_cache", "__pycache__")
    shutil.copytree(TEMPLATE, folder, ignore=kept)
    # The real data may be reached in no other way than by its file: there it is the demo's second half.
    variables = {**clean_environment(), "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    data = TEMPLATE.parent / "shared"
    if data.is_dir():
        (tmp_path / "shared").symlink_to(data)
    demo = subprocess.Popen(
        ["make", "demo"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
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
