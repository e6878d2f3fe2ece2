"""The locks that a project may bring, and the commands that build its environment from each."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from probado.contract import BASE_LOCK, BUILD_LOCK, DEEP_LOCKS, DEV_LOCK, VENV
from probado.room.installers import Command, Installer, Uv, choose_installer, find_uv, install_or_put_on_path
from probado.room.packages import pins, torch_build


@dataclass(frozen=True)
class Recipe:
    """How an environment is built from a lock: commands, variables for them, and the folder of its programs."""

    lock: str
    commands: list[Command]
    binaries: Path
    variables: dict[str, str] = field(default_factory=dict)
    # Commands to try instead where the first ones fail.
    otherwise: list[Command] | None = None


@dataclass(frozen=True)
class Locked:
    """A project with its locks (`root`, in the clone), its original, and the place of the new environment."""

    root: Path
    project: Path
    environment: Path

    @property
    def binaries(self) -> Path:
        """The folder of the new environment's programs."""
        return self.environment / "bin"

    @property
    def own_python(self) -> str | None:
        """The interpreter of the project's .venv, which results were made with."""
        own = self.project / VENV / "bin" / "python"
        return str(own.resolve()) if own.is_file() else None

    def python(self) -> str:
        """The interpreter to build for: that of the project's .venv, else of its .python-version, else this one."""
        return self.own_python or self._named_python() or sys.executable

    def _named_python(self) -> str | None:
        """The interpreter that .python-version names, of any patch release; None where PATH has none."""
        file = self.root / ".python-version"
        version = (
            re.match(r"(?:cpython-)?(\d+\.\d+)(\.\d+)?", file.read_text(encoding="utf-8")) if file.is_file() else None
        )
        if not version:
            return None
        names = (f"python{version[1]}{version[2] or ''}", f"python{version[1]}")
        return next((found for name in names if (found := shutil.which(name))), None)


def find_recipe(locked: Locked) -> Recipe | str:
    """How to build the environment of a project; a text where it cannot be, which says why."""
    reasons = []
    for name, recipe in KINDS.items():
        if (locked.root / name).is_file():
            found = recipe(locked)
            if isinstance(found, Recipe):
                return found
            reasons += [found] if found else []
    return reasons[0] if reasons else "there are no hashed locks"


def installation(root: Path, installer: Installer, environment: Path) -> Command:
    """The command that installs a project into an environment with its locked packages; it fetches nothing.

    Where the project's build backend is not locked, or it cannot be built, it is put on Python's path.
    """
    return install_or_put_on_path(
        environment, root, installer.install_project(environment, root) if _is_package(root) else []
    )


def _is_package(root: Path) -> bool:
    """Whether a project can be installed: its pyproject.toml names a build backend that is locked."""
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8", errors="replace") if project.is_file() else ""
    try:
        needed = tomllib.loads(text).get("build-system", {}).get("requires", [])
    except tomllib.TOMLDecodeError:
        return False
    locked = {name for lock in (BASE_LOCK, DEV_LOCK) for name in pins(root / lock)}
    return bool(needed) and {canonicalize_name(Requirement(text).name) for text in needed} <= locked


def _has_hashes(lock: Path) -> bool:
    return "--hash=" in lock.read_text(encoding="utf-8", errors="replace")


def _of_template(locked: Locked) -> Recipe | None:
    """requirements/*.lock of this template's projects: base, dev, and the build of PyTorch that was used."""
    if not _has_hashes(locked.root / BASE_LOCK):
        return None
    deep = torch_build(locked.project, locked.root)
    names = (BASE_LOCK, DEV_LOCK, *([DEEP_LOCKS.replace("*", deep)] if deep else []))
    locks = [lock for name in names if (lock := locked.root / name).is_file()]
    build = locked.root / BUILD_LOCK
    installer = choose_installer(locked.project)
    create = installer.create(locked.python(), locked.environment)
    install = installer.install(locked.environment, locks, build if build.is_file() else None)
    finish = installation(locked.root, installer, locked.environment)
    # PyTorch's own index has the build for CPUs where no folder of wheels does.
    from_pytorch = (
        [[*install, "--torch-backend", "cpu"], finish] if deep == "cpu" and isinstance(installer, Uv) else None
    )
    return Recipe("requirements/*.lock", [create, install, finish], locked.binaries, otherwise=from_pytorch)


def _of_requirements(locked: Locked) -> Recipe | None:
    """A requirements.txt with a hash for every package (pip-compile, uv pip compile)."""
    lock = locked.root / "requirements.txt"
    if not _has_hashes(lock):
        return None
    installer = choose_installer(locked.project)
    create = installer.create(locked.python(), locked.environment)
    install = installer.install(locked.environment, [lock], None)
    return Recipe("requirements.txt", [create, install], locked.binaries)


def _of_uv(locked: Locked) -> Recipe | str:
    program = find_uv(locked.project)
    if not program:
        return "uv.lock needs uv, which is not installed here"
    same_python = ["--python", locked.own_python] if locked.own_python else []
    sync = [program, "sync", "--quiet", "--frozen", *same_python, "--project", str(locked.root)]
    return Recipe("uv.lock", [sync], locked.binaries, {"UV_PROJECT_ENVIRONMENT": str(locked.environment)})


def _of_poetry(locked: Locked) -> Recipe | str:
    program = shutil.which("poetry")
    if not program:
        return "poetry.lock needs poetry, which is not installed here"
    create = choose_installer(locked.project).create(locked.python(), locked.environment)
    install = [program, "install", "--no-interaction", "--no-ansi", "--directory", str(locked.root)]
    # Poetry installs into the environment that is active.
    return Recipe("poetry.lock", [create, install], locked.binaries, {"VIRTUAL_ENV": str(locked.environment)})


def _of_pixi(locked: Locked) -> Recipe | str:
    program = shutil.which("pixi")
    if not program:
        return "pixi.lock needs pixi, which is not installed here"
    # Pixi installs into the project's folder, which is moved and cleaned: a link leads out of it.
    link = ["ln", "-s", str(locked.environment), str(locked.root / ".pixi")]
    install = [program, "install", "--quiet", "--frozen", "--manifest-path", str(locked.root)]
    commands = [["mkdir", "-p", str(locked.environment)], link, install]
    return Recipe("pixi.lock", commands, locked.environment / "envs" / "default" / "bin")


# The first one that a project has is used.
KINDS: dict[str, Callable[[Locked], Recipe | str | None]] = {
    BASE_LOCK: _of_template,
    "uv.lock": _of_uv,
    "pixi.lock": _of_pixi,
    "poetry.lock": _of_poetry,
    "requirements.txt": _of_requirements,
}
