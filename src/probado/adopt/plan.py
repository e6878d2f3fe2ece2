"""Which files an existing project gets, and their laying: nothing of it is overwritten, moved or deleted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from probado.adopt import makefiles, packages
from probado.contract import BASE_LOCK, DEV_LOCK, RUNNER_MAIN, has_runner
from probado.errors import Refused

# Folders that make sense as a whole only: a file of another origin in them would break them.
WHOLE = ("mlops", "requirements")
DVC = (".dvc/config", ".dvc/.gitignore", ".dvcignore")
# Those of a new project name its starter's outputs and decide about ends of lines; an existing project needs only this.
GITIGNORE = (
    *("/.runs/", "/mlflow.db*", "/mlruns/", "/mlartifacts/", "/.venv/", "__pycache__/", "*.partial"),
    *("!*.lock", "!*.whl"),
)
GITATTRIBUTES = ("*.whl binary", "dvc.lock merge=dvc-lock")


@dataclass(frozen=True)
class Plan:
    """What to lay, contents by path; and the files that stay as they are although a new project has other ones."""

    files: dict[str, bytes]
    kept: list[str]

    def lay(self, folder: Path) -> None:
        """Write the files, all of them or none.

        Raises:
            OSError: one could not be written, or has come into being meanwhile; the others are removed again.
        """
        laid: list[Path] = []
        try:
            for name, content in self.files.items():
                path = folder / name
                _make_folder(path.parent, laid)
                with path.open("xb") as file:
                    laid.append(path)
                    file.write(content)
        except OSError:
            for path in reversed(laid):
                path.rmdir() if path.is_dir() else path.unlink()
            raise


def make_plan(new: Path, folder: Path) -> Plan:
    """What of a new project an existing one lacks.

    Args:
        new: a project that the template has just made.
        folder: the existing project.

    Raises:
        Refused: `new` or `folder` is not such a project, or a file of the existing one is in the way.
    """
    needed = (RUNNER_MAIN, BASE_LOCK, DEV_LOCK, makefiles.MAKEFILE, packages.FILE)
    if not has_runner(new) or not all((new / name).is_file() for name in needed):
        raise Refused(f"{new} lacks one of {', '.join(needed)}: name a project that the template has just made")
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}: name the project to adopt")
    if new.resolve() == folder.resolve() or folder.resolve() in new.resolve().parents:
        raise Refused(f"{new} lies in {folder}: make the new project outside of it")
    if has_runner(folder):
        raise Refused(f"{folder} has the runner {RUNNER_MAIN}: it was adopted, or made from the template")
    offered = {name: (new / name).read_bytes() for name in _machinery(new)}
    offered |= {".gitignore": _lines(GITIGNORE), ".gitattributes": _lines(GITATTRIBUTES)}
    groups = packages.groups_of((new / packages.FILE).read_text(encoding="utf-8"))
    offered[packages.GROUPS if os.path.lexists(folder / packages.FILE) else packages.FILE] = groups.encode()
    offered |= {name: text.encode() for name, text in makefiles.beside(new, folder).items()}
    if (folder / ".dvc").is_dir():
        offered = {name: content for name, content in offered.items() if name not in DVC}
    files = {name: content for name, content in offered.items() if not os.path.lexists(folder / name)}
    kept = [name for name in offered if name not in files]
    _refuse_what_is_in_the_way(folder, files, kept)
    return Plan(files, [*kept, *(name for name in (packages.FILE,) if packages.GROUPS in offered)])


def _refuse_what_is_in_the_way(folder: Path, files: dict[str, bytes], kept: list[str]) -> None:
    for name in kept:
        if name.split("/")[0] in WHOLE or not (folder / name).is_file():
            raise Refused(f"{folder / name} is in the way of the file of that name: rename yours first")
    for name in files:
        for parent in list((folder / name).relative_to(folder).parents)[:-1]:
            path = folder / parent
            if os.path.lexists(path) and not (path.is_dir() and path.resolve().is_relative_to(folder.resolve())):
                raise Refused(f"{path} is in the way of the folder of that name: rename yours first")


def _machinery(new: Path) -> list[str]:
    """The files that are copied as they are."""
    whole = [path for name in WHOLE for path in sorted((new / name).rglob("*")) if path.is_file()]
    names = [path.relative_to(new).as_posix() for path in whole if "__pycache__" not in path.parts]
    return [*names, ".python-version", *DVC]


def _lines(lines: tuple[str, ...]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and add each one that was not there to `made`."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)
