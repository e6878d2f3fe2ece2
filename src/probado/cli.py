"""The command line: probado COMMAND. A command is a module with `HELP`, `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from probado import __version__

COMMANDS = {"prove": "probado.prove.command"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` default to the process's own.

    Returns:
        The exit status. 2 is a usage error, as everywhere.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="probado", description="Judge and operate a project with git and DVC.")
    parser.add_argument("--version", action="version", version=f"probado {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: importlib.import_module(path) for name, path in COMMANDS.items()}
    for name, module in modules.items():
        module.add_arguments(commands.add_parser(name, help=module.HELP, description=module.HELP))
    options = parser.parse_args(given)
    status: int = modules[options.command].run(options)
    return status
