"""probado install: what make env cannot: the project, its merge drivers, and the plugins of DVC's remotes."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
from pathlib import Path

from probado.errors import Refused
from probado.remote import install_plugins
from probado.room.installers import choose_installer, python_of
from probado.room.locks import installation

# The drivers that .gitattributes names. `true` keeps this branch's file: its stage runs again.
DRIVERS = {"dvc-lock": '"{python}" -m probado merge-lock %O %A %B', "dvc-output": "true"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: it has none."""
    parser.epilog = "It acts on this Python's environment. Of packages it only fetches plugins of DVC's remotes."


def run(_: argparse.Namespace) -> int:
    """Install the project, and tell git of the drivers; returns the exit status."""
    project, environment = Path.cwd(), Path(sys.prefix)
    for name, driver in DRIVERS.items():
        command = ["git", "config", f"merge.{name}.driver", driver.format(python=python_of(environment))]
        with contextlib.suppress(OSError):  # without git or a repository there is nothing to tell
            subprocess.run(command, stderr=subprocess.DEVNULL)
    status = subprocess.run(installation(project, choose_installer(project), environment)).returncode
    try:
        install_plugins()
    except Refused as error:
        # Everything but the remote works without it.
        print(f"note: {error}; make env tries again", file=sys.stderr)
    return status
