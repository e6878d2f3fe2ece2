"""probado adopt NEW FOLDER: lay what a project lacks beside what is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from probado.adopt.advice import by_hand
from probado.adopt.plan import make_plan
from probado.errors import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("new", metavar="NEW", type=Path, help="a project that the template has just made elsewhere")
    parser.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=Path(), help="yours (default: here)")


def run(options: argparse.Namespace) -> int:
    """Lay the files, and say what was laid, what stays, and what is to be done by hand; returns the exit status."""
    try:
        plan = make_plan(options.new, options.folder)
        steps = by_hand(plan, options.new, options.folder)
        plan.lay(options.folder)
    except OSError as error:
        raise Refused(f"{error.filename or options.folder}: {error.strerror}: nothing was laid") from None
    print(f"{len(plan.files)} files laid: {', '.join(sorted({name.partition('/')[0] for name in plan.files}))}")
    if plan.kept:
        print(f"yours, as they were: {', '.join(plan.kept)}")
    print("\nby hand:")
    for number, step in enumerate(steps, 1):
        print(f"{number}. {step}")
    return 0
