"""What a command of the clean room finds of this machine, and how confine.py gives it that."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

from probado.files import can_run
from probado.room.clone import Clone
from probado.room.environment import Environment, environments_inside

# Programs, libraries and their settings: of the system, of Nix, Guix and Snap, and of CernVM-FS in physics.
SYSTEM = [
    Path(name)
    for name in (
        *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/sys"),
        *("/nix/store", "/run/current-system", "/gnu/store", "/snap", "/cvmfs"),
        # What LaTeX and fontconfig found when they were installed.
        *("/var/lib/texmf", "/var/cache/fontconfig"),
    )
]
# What lies beside the programs of what was installed into a folder of its own, and what programs need of it.
OF_PROGRAMS = ("lib", "lib64", "libs", "libexec", "share", "etc", "include", "pyvenv.cfg", "jars")
INSTALLED = (*OF_PROGRAMS, "toolbox", "sys", "platforms", "installs", "versions")
# Of graphics cards.
DEVICES = ("nvidia*", "dri", "kfd")
# Folders of the machine, and those of the room that stand for them.
FRESH = {"/tmp/": "tmp", "/var/tmp/": "var-tmp"}  # noqa: S108
# Where names are resolved: /etc/resolv.conf often leads out of /etc.
RESOLVER = Path("/etc/resolv.conf")
# Methods of confine.py by which files are hidden. The others give a command the machine as it is.
BUBBLEWRAP, NAMESPACE, MOUNTS, ALLOWED = "bubblewrap", "namespace", "mounts", "allowed"


@dataclass(frozen=True)
class View:
    """What one command may use.

    `online` stands for the network. `whole` stands for all files of the machine but the original project and what the
    judge keeps; without it there are the system's, the environment's, the clone's and `declared`. `options` are further
    ones of bubblewrap.
    """

    online: bool = False
    whole: bool = False
    declared: tuple[Path, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether it has folders for temporary files of its own, unless it is to find what is missing elsewhere."""
        return self.online or not self.whole


@dataclass(frozen=True)
class Sandbox:
    """The folders of a room, from which the options of confine.py follow."""

    folder: Path
    clone: Clone
    environment: Environment

    def options(self, method: str, view: View, cwd: Path) -> list[str]:
        """The method and options of confine.py for a command in the folder `cwd`, where `method` works here."""
        if method == BUBBLEWRAP:
            return [BUBBLEWRAP, *self._bubblewrap(view), "--chdir", str(cwd)]
        if method in (NAMESPACE, MOUNTS):
            hidden = {self.clone.original: self._visible(), self.folder / "scratch": []}
            chosen = MOUNTS if view.online else method
            return [chosen, json.dumps({str(path): list(map(str, kept)) for path, kept in hidden.items()})]
        return [ALLOWED if view.online else method]

    def _visible(self) -> list[Path]:
        """What commands find in the original: an environment, and a room that lies there."""
        visible = environments_inside(self.clone.original, self.environment.binaries)
        if self.folder.is_relative_to(self.clone.original):
            visible.add(self.folder)
        return sorted(visible)

    def _bubblewrap(self, view: View) -> list[str]:
        options = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL", *view.options]
        options += ["--share-net"] if view.online else []
        options += ["--ro-bind", "/", "/"] if view.whole else _system(view.online)
        options += ["--proc", "/proc", "--dev", "/dev"]
        for device in (path for pattern in DEVICES for path in Path("/dev").glob(pattern)):
            options += ["--dev-bind", str(device), str(device)]
        for place, kept in FRESH.items() if view.fresh else ():
            options += ["--bind", str(self.folder / kept), place]
        emptied = [self.clone.original, self.folder] if view.whole else []
        options += [part for path in emptied for part in ("--tmpfs", str(path))]
        home = Path.home()
        avoided = (home, home / ".local", home / ".local/bin", self.clone.original, self.folder)
        readable = [*homes_of_programs(self.environment, avoided), *view.declared, self.folder / "watch"]
        # Not a folder that holds the project or the room, such as that of all packages of a larger repository.
        readable = [path for path in readable if not any(kept.is_relative_to(path) for kept in avoided[3:])]
        if view.whole:
            # All other files are visible already, and bubblewrap cannot mount over a link.
            emptied += [Path(place) for place in FRESH if view.fresh]
            readable = [path for path in readable if any(path.is_relative_to(place) for place in emptied)]
        options += [part for path in readable for part in ("--ro-bind-try", str(path), str(path))]
        # Python compiles the packages of a new environment as it imports them.
        for path in (self.clone.place, *(self.folder / name for name in ("home", "tmp", "log", "env"))):
            options += ["--bind-try", str(path), str(path)]
        return options


@functools.lru_cache(maxsize=4)
def homes_of_programs(environment: Environment, avoided: tuple[Path, ...]) -> list[Path]:
    """The folders outside of the system's that an environment's programs need, with their libraries.

    Args:
        environment: the environment.
        avoided: folders that must not become visible as a whole.
    """
    found = list(environment.homes)
    for programs in (path for path in map(Path, environment.binaries) if path.is_dir() and not _of_system(path)):
        found.append(home_of(programs, avoided))
        # As pipx and uv install programs. A link may lead to another one.
        for link in (path for path in programs.iterdir() if path.is_symlink()):
            found += [home_of(path.parent, avoided) for path in (programs / link.readlink(), link.resolve())]
    # Outer ones first, so that they do not cover inner ones.
    return sorted({Path(os.path.normpath(path)) for path in found if path.is_dir() and not _of_system(path)})


def home_of(programs: Path, avoided: tuple[Path, ...] = ()) -> Path:
    """The folder that holds a folder of programs and their libraries, unless it holds much more."""
    whole = programs.parent
    # A folder beside "bin" may hold anything else, unless something was installed there.
    installed = programs.name in ("bin", "shims") and any((whole / name).exists() for name in INSTALLED)
    return whole if installed and not any(path.is_relative_to(whole) for path in avoided) else programs


def is_hidden(path: Path) -> bool:
    """Whether bubblewrap keeps a file of this machine from stages that do not declare it."""
    return path.is_file() and not _of_system(path) and not can_run(path)


def _of_system(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in SYSTEM)


def _system(online: bool) -> list[str]:
    options = []
    for path in (path for path in SYSTEM if path.exists()):
        options += ["--symlink", str(path.readlink())] if path.is_symlink() else ["--ro-bind", str(path)]
        options += [str(path)]
    if online and not _of_system(RESOLVER.resolve()):
        options += ["--ro-bind-try", str(RESOLVER.resolve()), str(RESOLVER.resolve())]
    return options
