"""The budget of the tests: what each folder took, beside what it may take (budget.toml)."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

BUDGET = tomllib.loads(Path(__file__).with_name("budget.toml").read_text(encoding="utf-8"))
SECONDS: dict[str, float] = BUDGET["seconds"]
TAKEN: Counter[str] = Counter()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a folder without a budget."""
    for item in session.items:
        if folder_of(item.nodeid) not in SECONDS:
            raise pytest.UsageError(f"{folder_of(item.nodeid)} has no budget: add it to tests/budget.toml")


def folder_of(node: str) -> str:
    """The folder of tests that a test belongs to."""
    return "/".join(node.split("/")[:2])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what set-up, test and clean-up took, whichever worker ran them."""
    TAKEN[folder_of(report.nodeid)] += report.duration  # type: ignore[assignment]


def exceeded() -> list[str]:
    """Folders that took more than their budget on any machine."""
    return [folder for folder, taken in TAKEN.items() if taken > BUDGET["slower"] * SECONDS[folder]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each folder took."""
    terminalreporter.section("seconds of all workers, and the budget")
    for folder, taken in sorted(TAKEN.items()):
        mark = f"  more than {BUDGET['slower']:g} times its budget" if folder in exceeded() else ""
        terminalreporter.line(f"{folder:20} {taken:7.0f} of {SECONDS[folder]:.0f}{mark}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where a folder exceeded its budget."""
    if exceeded() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
