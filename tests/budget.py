"""The budget of the tests: what each folder took, beside what it may take (budget.toml)."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

BUDGET = tomllib.loads(Path(__file__).with_name("budget.toml").read_text(encoding="utf-8"))
SECONDS: dict[str, float] = BUDGET["seconds"]
TAKEN: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what set-up, test and clean-up took, whichever worker ran them."""
    TAKEN["/".join(report.nodeid.split("/")[:2])] += report.duration  # type: ignore[assignment]


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
