"""The environment of a clean room: built from the project's own lock, or the one that is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from probado.contract import VENV
from probado.errors import Refused
from probado.room.clone import Clone
from probado.room.installers import Command, package_sources
from probado.room.locks import Locked, Recipe, find_recipe
from probado.room.process import Outcome
from probado.text import last_line

# Caches of installers below the caller's home, passed on because the room's home is empty.
CACHES = {
    "UV_CACHE_DIR": ".cache/uv",
    "PIP_CACHE_DIR": ".cache/pip",
    "POETRY_CACHE_DIR": ".cache/pypoetry",
    "RATTLER_CACHE_DIR": ".cache/rattler/cache",
}
SETTINGS = {
    "UV_PYTHON_INSTALL_DIR": ".local/share/uv/python",
    "UV_CONFIG_FILE": ".config/uv/uv.toml",
    "NETRC": ".netrc",
}
# Installers are configured by variables of these names, passwords of private indexes included.
OF_INSTALLERS = ("UV_", "PIP_", "POETRY_", "PIXI_")
# Folders that an interpreter imports from: by sys.path, and by the finders of setuptools for packages outside of src/.
# Two lines come first: where its programs and its standard library are.
IMPORTS_FROM = """
import os, sys
maps = [getattr(module, "MAPPING", {}) for name, module in list(sys.modules.items()) if name.startswith("__editable__")]
found = [path for path in sys.path if not path.startswith(sys.prefix)]
found += [os.path.dirname(path) for mapping in maps for path in mapping.values()]
print(sys.prefix, sys.base_prefix, *found, sep="\\n")
"""

Run = Callable[[Command, Mapping[str, str]], Outcome]


@dataclass(frozen=True)
class Environment:
    """The programs that stages find."""

    # For the evidence, such as "built from uv.lock".
    made: str
    # Entries of PATH.
    binaries: tuple[str, ...]
    # Seconds that building took; 0 for one that is reused.
    seconds: float = 0.0
    # Folders of the repository that it imports from (pip install --editable): those of the clone stand for them.
    editable: tuple[Path, ...] = ()
    # Folders that its interpreter needs. Those in the repository are not among them, but for a virtual environment.
    homes: tuple[Path, ...] = ()

    @property
    def built(self) -> bool:
        """Whether it was built for this proof."""
        return self.seconds > 0

    def python(self) -> str | None:
        """Its interpreter, None where it has none."""
        return shutil.which("python", path=os.pathsep.join(self.binaries))


def build_environment(locked: Locked, clone: Clone, run: Run) -> Environment | str:
    """Build an environment from the lock of a project.

    Args:
        locked: the project with its locks, and where the environment is to lie.
        clone: the clone that it is in.
        run: runs a command with these further variables.

    Returns:
        The environment; a text where none can be built, which says why.

    Raises:
        Refused: the lock's own installer failed.
    """
    recipe = find_recipe(locked)
    if isinstance(recipe, str):
        return recipe
    begun = time.perf_counter()
    print(f"building the environment from {recipe.lock}", flush=True)
    _follow(recipe, run)
    system = [name for name in caller_path() if not in_virtual(name)]
    binaries = (str(recipe.binaries), *system)
    made = Environment(f"built from {recipe.lock}", binaries, time.perf_counter() - begun)
    return _with_folders(made, clone.place)


def _follow(recipe: Recipe, run: Run) -> None:
    """Run the commands of a recipe, and its other ones where the first ones fail."""
    home = Path.home()
    variables = {name: str(home / path) for name, path in CACHES.items() if _is_writable(home / path)}
    variables |= {name: str(home / path) for name, path in SETTINGS.items() if (home / path).exists()}
    variables |= {name: value for name, value in os.environ.items() if name.startswith(OF_INSTALLERS)}
    quick = {"UV_COMPILE_BYTECODE": "0", "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    variables |= {**quick, **package_sources(), "PIP_CONFIG_FILE": os.devnull, **recipe.variables}
    failure = None
    for commands in (recipe.commands, recipe.otherwise):
        for command in commands or ():
            outcome = run(command, variables)
            if outcome.status != 0:
                failure = failure or last_line(outcome.output)
                break
        else:
            if commands is not None:
                return
    raise Refused(f"the environment could not be built from {recipe.lock}: {failure}")


def _is_writable(folder: Path) -> bool:
    """Whether a folder can be written to, or made."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(there, os.W_OK)


def reuse_environment(project: Path, clone: Clone, reason: str) -> Environment:
    """Take the programs that are there: those of the project's .venv first, then the caller's.

    Args:
        project: the original project.
        clone: its clone.
        reason: why nothing was built, for the evidence; empty where it was asked for.
    """
    own = project / VENV / "bin"
    binaries = (*([str(own)] if own.is_dir() else []), *caller_path())
    return _with_folders(Environment("reused" + (reason and f": {reason}"), binaries), clone.original)


def caller_path() -> list[str]:
    """The caller's folders of programs, without an environment that uv made for the judge alone (uvx)."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    of_uvx = "archive-v0" in Path(sys.prefix).parts or (Path(sys.prefix) / "uv-receipt.toml").is_file()
    return [name for name in folders if not (of_uvx and Path(name) == Path(sys.prefix) / "bin")]


def in_virtual(folder: str) -> bool:
    """Whether a folder of programs belongs to a virtual environment."""
    return Path(folder).parent.joinpath("pyvenv.cfg").is_file()


def environments_inside(folder: Path, binaries: tuple[str, ...]) -> set[Path]:
    """The environments of venv and conda on a PATH that lie in a folder."""
    homes = [Path(name).parent for name in binaries if in_virtual(name) or (Path(name).parent / "conda-meta").exists()]
    return {home for home in homes if home.is_relative_to(folder) and home != folder}


def _with_folders(environment: Environment, repository: Path) -> Environment:
    """Note where an environment imports from: folders of a repository, and others."""
    # Without an interpreter of its own, the judge's tries whether the network is kept off.
    python = environment.python() or sys.executable
    listed = subprocess.run([python, "-c", IMPORTS_FROM], cwd=os.sep, capture_output=True, text=True, env={})
    found = [Path(line) for line in listed.stdout.splitlines() if line.startswith(os.sep)]
    prefixes, imports = found[:2], found[2:]
    inside = [path for path in imports if path.is_relative_to(repository)]
    return replace(
        environment,
        editable=tuple(dict.fromkeys(path.relative_to(repository) for path in inside)),
        homes=(*prefixes, *(path for path in imports if path not in inside)),
    )
