"""A warm interpreter for tests of what a stage does, not of how it is started: most of a stage's time is imports.

A program `python` stands first on PATH. It hands `python -m mlops.stage` and `python -c` to a server, which has loaded
the libraries and forks for each of them, and runs everything else as usual. The runner's watching process is left out:
tests/pipeline has tests of it, of DVC and of MLflow that use no warm interpreter. A warm stage runs the
template's mlops/, not a project's copy of it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract import FIXED, THREADS
from tests.project import TREE

HERE = Path(__file__).parent
# The interpreter and libraries read these when they start. The runner sets them for a stage.
VARIABLES = {**FIXED, **dict.fromkeys(THREADS, "2")}


@pytest.fixture(scope="session")
def warm(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The process environment of a project whose stages run in forks of a warm interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        address, shim = Path(folder, "socket"), Path(folder, "python")
        shim.symlink_to(HERE / "client.py")
        python = Path(environment["PATH"].partition(os.pathsep)[0], "python")
        # MLflow loads its plugin from mlops: in this folder it is the one that every new project gets.
        command = [str(python), "-B", str(HERE / "server.py"), str(address)]
        with subprocess.Popen(
            command, env={**environment, **VARIABLES, "PYTHONPATH": str(TREE)}, stdout=subprocess.PIPE, cwd="/"
        ) as server:
            try:
                assert server.stdout and server.stdout.readline() == b"ready\n"
                path = f"{folder}{os.pathsep}{environment['PATH']}"
                yield {**environment, "PATH": path, "WARM_SOCKET": str(address), "WARM_PYTHON": str(python)}
            finally:
                server.terminate()
