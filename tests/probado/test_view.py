"""probado view: the address of the report, with the commit behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import TEMPLATE


def view(folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a folder, where a browser would only print the address."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(TEMPLATE / "src"), "BROWSER": "true"}
    command = [sys.executable, "-m", "probado", "view"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def git(folder: Path, *arguments: str) -> str:
    person = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    return subprocess.run(["git", *person, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A folder with a report, in no repository."""
    page = tmp_path / "my project" / "reports" / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>", encoding="utf-8")
    return page


def test_the_commit_stands_behind_the_address(report: Path) -> None:
    folder = report.parents[1]
    assert view(folder).stdout == f"{report.as_uri()}\n"
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Report")
    commit = git(folder, "rev-parse", "HEAD")[:7]
    assert view(folder).stdout == f"{report.as_uri()}#{commit}\n"
    report.write_text("<h1>", encoding="utf-8")
    assert view(folder).stdout == f"{report.as_uri()}#{commit}+\n"


def test_there_is_no_report(tmp_path: Path) -> None:
    done = view(tmp_path)
    assert done.returncode == 1
    assert done.stderr == "probado view: there is no reports/report.html: make train, or dvc pull\n"
