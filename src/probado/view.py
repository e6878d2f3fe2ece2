"""probado view: open the report with the commit that it belongs to beside its title."""

from __future__ import annotations

import argparse
import subprocess
import webbrowser
from pathlib import Path

from probado.errors import Refused
from probado.repository.git import commit_of, uncommitted

# Characters of a commit, as git shows it.
SHORT = 7
REPORT = Path("reports/report.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("page", nargs="?", type=Path, default=REPORT, help=f"another page than {REPORT}")


def run(options: argparse.Namespace) -> int:
    """Print the page's address and open it where there is a browser; returns the exit status."""
    page: Path = options.page
    if not page.is_file():
        raise Refused(f"there is no {page}: make train, or dvc pull")
    # The page itself has no commit in it: it is the same bytes for the same results, whatever else was committed.
    address = "#".join(filter(None, [page.resolve().as_uri(), commit()]))
    print(address)
    webbrowser.open(address)
    return 0


def commit() -> str:
    """The commit here, with a plus where files differ from it; empty without one."""
    try:
        name = commit_of(Path.cwd(), "HEAD")[:SHORT]
        return f"{name}+" if uncommitted(Path.cwd()) else name
    except (Refused, subprocess.CalledProcessError):
        return ""
