"""pip and uv behind one door: the commands that make an environment and install locks into it.

uv is ten times faster and used where there is one; pip comes with every Python.
"""

from __future__ import annotations

import ast
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from probado.contract import VENV

Command = list[str]
# Settings of pip that uv does not read by itself, and uv's variables for them.
PIP_SETTINGS = {
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


class Installer(Protocol):
    """What both installers can do."""

    def create(self, python: str, environment: Path) -> Command:
        """Make an empty environment for an interpreter."""

    def install(self, environment: Path, locks: Sequence[Path], build: Path | None) -> Command:
        """Install what locks name, checked against their hashes.

        `build` locks the backends that packages without a wheel are built with; pip has no option for it.
        """

    def add(self, environment: Path, lock: Path) -> Command:
        """Install what a lock names, checked against its hashes, beside what is there."""

    def install_project(self, environment: Path, root: Path) -> Command:
        """Install the project itself, which fetches nothing."""


@dataclass(frozen=True)
class Uv:
    """The installer uv, by the path of its program."""

    program: str

    def create(self, python: str, environment: Path) -> Command:
        return [self.program, "venv", "--quiet", "--python", python, str(environment)]

    def install(self, environment: Path, locks: Sequence[Path], build: Path | None) -> Command:
        constraints = ["--build-constraints", str(build)] if build else []
        return [*self._pip("sync", environment), "--require-hashes", *constraints, *map(str, locks)]

    def add(self, environment: Path, lock: Path) -> Command:
        return [*self._pip("install", environment), "--no-deps", "--require-hashes", "--requirement", str(lock)]

    def install_project(self, environment: Path, root: Path) -> Command:
        offline = ["--offline", "--no-deps", "--no-build-isolation"]
        return [*self._pip("install", environment), *offline, "--editable", str(root)]

    def _pip(self, verb: str, environment: Path) -> Command:
        return [self.program, "pip", verb, "--quiet", "--python", python_of(environment)]


@dataclass(frozen=True)
class Pip:
    """The pip of the new environment."""

    def create(self, python: str, environment: Path) -> Command:
        return [python, "-m", "venv", str(environment)]

    def install(self, environment: Path, locks: Sequence[Path], build: Path | None) -> Command:
        named = [part for lock in locks for part in ("--requirement", str(lock))]
        return [*self._pip(environment), "--require-hashes", *named]

    def add(self, environment: Path, lock: Path) -> Command:
        return self.install(environment, [lock], None)

    def install_project(self, environment: Path, root: Path) -> Command:
        return [*self._pip(environment), "--no-index", "--no-build-isolation", "--editable", str(root)]

    def _pip(self, environment: Path) -> Command:
        return [python_of(environment), "-m", "pip", "install", "-qq", "--no-deps"]


PUT_ON_PATH = """
import subprocess, sys, sysconfig
root, *install = sys.argv[1:]
if not install or subprocess.run(install).returncode != 0:
    with open(sysconfig.get_path("purelib") + "/project.pth", "w", encoding="utf-8") as file:
        file.write(f"{root}\\n{root}/src\\n")
    print("the project is not installed; its folder and src/ are on Python's path instead")
"""


def python_of(environment: Path) -> str:
    """The interpreter of an environment."""
    return str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def install_or_put_on_path(environment: Path, root: Path, install: Command) -> Command:
    """Install a project; where that fails, or `install` is empty, put it on Python's path."""
    return [python_of(environment), "-c", PUT_ON_PATH, str(root), *install]


def find_uv(project: Path) -> str | None:
    """The program uv of the project's .venv, of the judge's environment, or of PATH."""
    folders = [project / VENV / "bin", Path(sys.prefix) / "bin"]
    return shutil.which("uv", path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]))


def choose_installer(project: Path) -> Installer:
    """Uv where there is one, else pip."""
    program = find_uv(project)
    return Uv(program) if program else Pip()


def package_sources() -> dict[str, str]:
    """Variables that tell pip and uv where this user's packages come from; no value of them is ever written down."""
    # Like pip, take a file from any of the indexes: the hashes in the locks decide.
    variables = {"UV_INDEX_STRATEGY": os.environ.get("UV_INDEX_STRATEGY", "unsafe-best-match")}
    for option, value in pip_settings().items():
        variables["PIP_" + option.upper().replace("-", "_")] = value
        name = PIP_SETTINGS[option]
        if name not in os.environ:
            # uv separates folders by commas, and all else by spaces, as pip does.
            separator = "," if name == "UV_FIND_LINKS" else " "
            variables[name] = separator.join(value.split())
    return variables


@functools.cache
def pip_settings() -> dict[str, str]:
    """What this user has told pip by variable or in its configuration files; nothing where there is no pip to ask."""
    # uv makes environments without pip: the interpreter that they were made from may have one.
    python = getattr(sys, "_base_executable", sys.executable)
    listed = subprocess.run([python, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pairs = (line.partition("=") for line in listed.stdout.decode().splitlines())
    settings = {name.rpartition(".")[2]: str(ast.literal_eval(value)) for name, _, value in pairs if value}
    by_variable = {option: os.environ.get("PIP_" + option.upper().replace("-", "_"), "") for option in PIP_SETTINGS}
    settings |= {option: value for option, value in by_variable.items() if value}
    return {option: value for option, value in settings.items() if option in PIP_SETTINGS}
