"""probado rollback: make an earlier version the champion again, or any one that a person names."""

from __future__ import annotations

import argparse
from pathlib import Path

from probado.errors import Refused
from probado.life.decision import decide, only_one


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--version", help="the number of the version (default: the champion before the present one)")


def run(options: argparse.Namespace) -> int:
    """Roll back; returns the exit status."""
    root = Path.cwd()
    with only_one(root):
        return rollback(root, options.module, options.version)


def rollback(root: Path, module: str, number: str | None) -> int:
    """Make a version the champion, after its files were checked."""
    from probado.life.registry import Registry

    registry = Registry(module, root)
    registry.finish()
    champions = registry.champions()
    if number is None:
        # The champion before becomes the latest one again.
        if len(champions) < 2:
            raise Refused("there is no champion before the present one: name a version")
        *champions, number, _ = champions
    elif number == registry.champion():
        print(f"version {number} is the champion already")
        return 0
    # Its files are checked before it is used.
    registry.folder(number)
    decide(root, registry, number, "rollback", "that of its promotion", [], champions)
    return 0
