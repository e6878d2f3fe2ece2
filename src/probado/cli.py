"""The command line: probado COMMAND. A command is a module with `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from probado import __version__
from probado.errors import Refused, without_password

# Name: the module, imported when it is asked for, and what it does.
COMMANDS = {
    "prove": (
        "probado.prove.command",
        "rerun a project from a clean clone and compare every output with dvc.lock",
    ),
    "claim": (
        "probado.claim",
        "write a claim about a number of an output, as it is now, into claims.yaml",
    ),
    "quote": (
        "probado.quote",
        "write the numbers of claims.yaml into a paper: macros for LaTeX, marked places of Markdown and HTML",
    ),
    "adopt": (
        "probado.adopt.command",
        "lay what a project of the template has, and an existing one lacks, beside what is there",
    ),
    "install": (
        "probado.install",
        "install the project here, its merge drivers and the plugins of its remotes; make env calls it",
    ),
    "remote": (
        "probado.remote",
        "explain and set the place where DVC keeps data and results for others",
    ),
    "tune": (
        "probado.tune.command",
        "search the settings of a model of the project here, by its validation rows",
    ),
    "promote": (
        "probado.life.promote",
        "register the present model, and make it the champion if it passes the gate",
    ),
    "retrain": (
        "probado.life.retrain.command",
        "train on new data aside, and take the model over only if it passes the gate",
    ),
    "rollback": (
        "probado.life.rollback",
        "make an earlier version the champion again",
    ),
    "serve": (
        "probado.life.serve.command",
        "answer requests for predictions with the champion",
    ),
    "ask": (
        "probado.life.ask",
        "ask a person for each input of the champion, and tell its prediction and what it rests on",
    ),
    "monitor": (
        "probado.life.watch.command",
        "say whether the rows that the champion is asked about have changed",
    ),
    "ui": (
        "probado.ui",
        "show the runs of the project here in MLflow's pages, at MLFLOW_PORT (5000) or the next free port",
    ),
    "view": (
        "probado.view",
        "open the report, with the commit that it belongs to",
    ),
    "merge": (
        "probado.merge.command",
        "copy the MLflow runs of another store, such as a cluster's, into that of the project here",
    ),
    "merge-lock": (
        "probado.merge.lock",
        "merge dvc.lock stage by stage; git calls it where make env has registered it",
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` default to the process's own.

    Returns:
        The exit status: that of the command, 1 if it refuses, which is said in one line, 2 for a usage error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="probado", description="Judge and operate a project with git and DVC.")
    parser.add_argument("--version", action="version", version=f"probado {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (path, does) in COMMANDS.items():
        command = commands.add_parser(name, help=does, description=does)
        if given[:1] == [name]:
            module = importlib.import_module(path)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(given)
    try:
        status: int = options.run(options)
    except Refused as error:
        print(f"probado {options.command}: {without_password(str(error))}", file=sys.stderr)
        return 1
    return status
