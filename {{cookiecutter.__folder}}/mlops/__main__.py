"""The command line: python -m mlops COMMAND."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m mlops", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    env = commands.add_parser("env", help="build .venv from the hashed locks in requirements/")
    env.add_argument("--with", nargs="+", action="extend", default=[], metavar="GROUP", help="of pyproject.toml, kept")
    lock = commands.add_parser("lock", help="bring requirements/*.lock in line with pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="to the newest versions that it allows")
    choose = commands.add_parser("select", help="choose a group's file in configs/config.yaml, such as: model=xgboost")
    choose.add_argument("choice", metavar="GROUP=NAME")
    commands.add_parser("record", help="bring runs that MLflow lacks from .runs/ into it: a store was locked or away")
    options = parser.parse_args(arguments)

    from mlops import environment, select

    try:
        if options.command == "env":
            environment.sync(vars(options)["with"])
        elif options.command == "lock":
            environment.lock(options.upgrade)
        elif options.command == "select":
            select.select(options.choice)
        else:
            # It needs the environment, which the other commands build.
            from mlops import records

            return records.catch_up()
    except (ValueError, OSError) as error:
        print(f"mlops {options.command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
