"""probado merge OTHER: copy the MLflow runs of another store into that of the project here."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from probado.contract import DATABASE, STORE
from probado.errors import Refused
from probado.merge.runs import SQLITE, database, merge


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("other", metavar="OTHER", help="a project's folder, its mlflow.db, or a server's address")


def run(options: argparse.Namespace) -> int:
    """Merge, and say what was done; returns the exit status."""
    try:
        found = merge(source(options.other), target())
    except ImportError:
        raise Refused("MLflow is not installed here: run it in the project's environment") from None
    print(f"{found.copied} runs copied, {found.known} were there already, {found.running} still run and were left")
    return 0


def source(other: str) -> str:
    """The address of a store that is given as a project's folder, a database file, or an address.

    Raises:
        Refused: there is no such store.
    """
    if "://" in other:
        return other
    file = Path(other) / DATABASE if Path(other).is_dir() else Path(other)
    if not file.is_file():
        raise Refused(f"there is no {file}: name a project's folder, its {DATABASE}, or a server's address")
    # Relative, because libraries read %20 in an address as a space: fewer folders are in it.
    return SQLITE + os.path.relpath(file).replace("%", "%25")


def target() -> str:
    """The address of the store of the project in the current folder.

    Raises:
        Refused: it has none yet.
    """
    address = os.environ.get(STORE) or SQLITE + DATABASE
    file = database(address)
    if file and not file.is_file():
        raise Refused(f"there is no {file} here: run it in a project's folder, after its first run")
    return address
