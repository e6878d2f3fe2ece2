"""make demo, as a newcomer types it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probado.room.process import CONFINE
from tests.project import TEMPLATE, TREE, clean_environment, listen_to_interrupts

pytestmark = pytest.mark.slow


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A copy of the template. Its demo needs no network: the telescope's data lie beside it, or cannot be had."""
    folder = tmp_path / "template"
    kept = shutil.ignore_patterns("build", ".venv", ".git", ".*_cache", "__pycache__")
    shutil.copytree(TEMPLATE, folder, ignore=kept)
    # The environment that these tests run in is what make demo would make: its making is tested by every make test.
    (folder / ".venv").symlink_to(sys.prefix)
    magic = folder / TREE.name / "layers" / "table" / "configs" / "data" / "magic.yaml"
    magic.write_text(re.sub(r"url: \S+", "url: http://127.0.0.1:9/magic04.data", magic.read_text(encoding="utf-8")))
    if (data := TEMPLATE.parent / "shared").is_dir():
        (tmp_path / "shared").symlink_to(data)
    # Less of everything: what is tested is the way, not the result.
    for name, pattern, less in (
        ("data/showers", r"(?m)^(showers|traces): \d+", r"\1: 1600"),
        ("model/trace_network", "max_epochs: 40", "max_epochs: 5"),
        ("config", "resamples: 200", "resamples: 20"),
    ):
        (file,) = (folder / TREE.name / "layers").glob(f"*primary_particles/configs/{name}.yaml")
        file.write_text(re.sub(pattern, less, file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.fixture
def variables() -> dict[str, str]:
    """Variables of a caller. The bytecode of a thousand unused files is left out: it takes a minute to compile."""
    return {**clean_environment(), "UV_COMPILE_BYTECODE": "0"}


def interrupted(template: Path, variables: dict[str, str], line: str) -> str:
    """Run make demo until it says this, then press Ctrl-C; returns all that it said."""
    demo = subprocess.Popen(
        ["make", "demo"],
        cwd=template,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=listen_to_interrupts,
    )
    assert demo.stdout is not None
    said = ""
    for found in demo.stdout:
        said += found
        if line in found:
            break
    os.killpg(demo.pid, signal.SIGINT)
    said += demo.stdout.read()
    assert demo.wait() != 0, said
    return said


def test_an_interrupted_demo_goes_on_where_it_stopped(template: Path, variables: dict[str, str]) -> None:
    said = interrupted(template, variables, "Running stage 'train'")
    assert "interrupted: make demo continues where it stopped" in said
    project = template / "build" / "demo" / "primary_particles"
    (project / "mine.txt").write_text("kept")
    again = subprocess.run(["make", "demo"], cwd=template, env=variables, capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    first, _, rest = again.stdout.partition("Gamma or hadron?")
    assert "Running stage 'train'" in first and "Running stage 'acquire'" not in first, first
    assert "accuracy" in first and "proton_iron_auc" in first
    assert "trace_network, " in rest
    assert (project / "mine.txt").is_file()
    assert "EXACT: 14 of 14 outputs are the committed bytes" in rest
    # The judge is the project's own, whose folder the stages do not see where the system lets them not.
    confine = [sys.executable, "-I", "-S", str(CONFINE)]
    ways = {"bubblewrap": ["--unshare-all", "--ro-bind", "/", "/"], "namespace": [json.dumps({str(project): []})]}
    works = (way for way in ways if subprocess.run([*confine, way, *ways[way], "--", "true"]).returncode == 0)
    method = next(works, "seccomp")
    evidence = json.loads((project / "reports" / "proof.json").read_text(encoding="utf-8"))
    assert evidence["network"]["method"] == method
    assert f"Look at   {project}/reports/report.html" in rest
    assert "trace_network" in (project / "reports" / "report.html").read_text(encoding="utf-8")


def test_a_demo_without_pytorch_says_so_and_runs(template: Path, variables: dict[str, str]) -> None:
    lock = template / TREE.name / "layers" / "deep" / "requirements" / "deep-cpu.lock"
    # No build has this hash.
    lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", lock.read_text(encoding="utf-8")))
    said = interrupted(template, variables, "Running stage 'acquire'")
    assert "a locked package could not be installed" in said
    assert "No CPU build of PyTorch could be installed (see above): continuing without the network on traces." in said
