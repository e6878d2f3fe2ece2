"""The locks that a project may bring, and the commands that build its environment from each."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from probado.room.installers import Command, Uv, choose_installer, find_uv
from probado.room.packages import BASE, torch_build


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
    """A project with its locks (`root`, in the clone), the original of it, and the place of the new environment."""

    root: Path
    project: Path
    environment: Path

    @property
    def binaries(self) -> Path:
        """The folder of the new environment's programs."""
        return self.environment / "bin"

    def python(self) -> str:
        """The interpreter to build for: that of the project's .venv, else of its .python-version, else this one."""
        own = self.project / ".venv" / "bin" / "python"
        if own.is_file():
            return str(own.resolve())
        version = self.root / ".python-version"
        named = version.read_text(encoding="utf-8").split()[:1] if version.is_file() else []
        return next((found for name in named if (found := shutil.which(f"python{name}"))), sys.executable)


def find_recipe(locked: Locked) -> Recipe | str:
    """How to build the environment of a project; a text where it cannot be, which says why."""
    for name, recipe in KINDS.items():
        if (locked.root / name).is_file() and (found := recipe(locked)) is not None:
            return found
    return "there are no hashed locks"


def _of_template(locked: Locked) -> Recipe:
    """requirements/*.lock of this template's projects: base, dev, and the build of PyTorch that was used."""
    deep = torch_build(locked.project, locked.root)
    groups = ("base", "dev", *([f"deep-{deep}"] if deep else []))
    locks = [lock for group in groups if (lock := locked.root / "requirements" / f"{group}.lock").is_file()]
    build = locked.root / "requirements" / "build.lock"
    installer = choose_installer(locked.project)
    create = installer.create(locked.python(), locked.environment)
    install = installer.install(locked.environment, locks, build if build.is_file() else None)
    finish = [installer.install_project(locked.environment, locked.root)]
    # PyTorch's own index has the build for CPUs where no folder of wheels does.
    from_pytorch = (
        [[*install, "--torch-backend", "cpu"], *finish] if deep == "cpu" and isinstance(installer, Uv) else None
    )
    return Recipe("requirements/*.lock", [create, install, *finish], locked.binaries, otherwise=from_pytorch)


def _of_requirements(locked: Locked) -> Recipe | None:
    """A requirements.txt with a hash for every package (pip-compile, uv pip compile)."""
    lock = locked.root / "requirements.txt"
    if "--hash=" not in lock.read_text(encoding="utf-8", errors="replace"):
        return None
    installer = choose_installer(locked.project)
    create = installer.create(locked.python(), locked.environment)
    install = installer.install(locked.environment, [lock], None)
    return Recipe("requirements.txt", [create, install], locked.binaries)


def _of_uv(locked: Locked) -> Recipe | str:
    program = find_uv(locked.project)
    if not program:
        return "uv.lock needs uv, which is not installed here"
    sync = [program, "sync", "--quiet", "--frozen", "--project", str(locked.root)]
    return Recipe("uv.lock", [sync], locked.binaries, {"UV_PROJECT_ENVIRONMENT": str(locked.environment)})


def _of_poetry(locked: Locked) -> Recipe | str:
    program = shutil.which("poetry")
    if not program:
        return "poetry.lock needs poetry, which is not installed here"
    create = choose_installer(locked.project).create(locked.python(), locked.environment)
    install = [program, "install", "--no-interaction", "--no-ansi", "--quiet", "--directory", str(locked.root)]
    # Poetry installs into the environment that is active.
    return Recipe("poetry.lock", [create, install], locked.binaries, {"VIRTUAL_ENV": str(locked.environment)})


def _of_pixi(locked: Locked) -> Recipe | str:
    program = shutil.which("pixi")
    if not program:
        return "pixi.lock needs pixi, which is not installed here"
    install = [program, "install", "--quiet", "--frozen", "--manifest-path", str(locked.root)]
    return Recipe("pixi.lock", [install], locked.root / ".pixi" / "envs" / "default" / "bin")


# The first one that a project has is used.
KINDS: dict[str, Callable[[Locked], Recipe | str | None]] = {
    BASE: _of_template,
    "uv.lock": _of_uv,
    "pixi.lock": _of_pixi,
    "poetry.lock": _of_poetry,
    "requirements.txt": _of_requirements,
}
