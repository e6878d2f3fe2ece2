"""Which files an existing project gets, and their laying: nothing of it is overwritten, moved or deleted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from probado.adopt import makefiles, pyproject
from probado.contract import BASE_LOCK, DEV_LOCK, RUNNER_MAIN, has_runner
from probado.errors import Refused

# Folders that make sense as a whole only: a file of another origin in them would break them.
WHOLE = ("mlops", "requirements")
DVC = (".dvc/config", ".dvc/.gitignore", ".dvcignore")
# Those of a new project name its starter's outputs and decide about ends of lines; an existing project needs only this.
GITIGNORE = ("/.runs/", "/mlflow.db*", "/mlruns/", "/mlartifacts/", "/.venv/", "__pycache__/", "*.partial")
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
    needed = (RUNNER_MAIN, BASE_LOCK, DEV_LOCK, "Makefile", "pyproject.toml")
    if not has_runner(new) or not all((new / name).is_file() for name in needed):
        raise Refused(f"{new} lacks one of {', '.join(needed)}: name a project that the template has just made")
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}: name the project to adopt")
    if new.resolve() == folder.resolve() or folder.resolve() in new.resolve().parents:
        raise Refused(f"{new} lies in {folder}: make the new project outside of it")
    offered = {name: (new / name).read_bytes() for name in _machinery(new)}
    offered |= {".gitignore": _lines(GITIGNORE), ".gitattributes": _lines(GITATTRIBUTES)}
    offered["pyproject.toml"] = pyproject.for_adoption((new / "pyproject.toml").read_text(encoding="utf-8")).encode()
    offered |= {name: text.encode() for name, text in makefiles.beside(new, folder).items()}
    if (folder / ".dvc").exists():
        offered = {name: content for name, content in offered.items() if name not in DVC}
    files = {name: content for name, content in offered.items() if not os.path.lexists(folder / name)}
    kept = [name for name in offered if name not in files and not _is_same(folder / name, offered[name])]
    for name in kept:
        if name.split("/")[0] in WHOLE:
            raise Refused(f"{folder / name} is in the way of the file of that name: rename yours first")
    for name in files:
        for parent in (folder / name).parents:
            if os.path.lexists(parent) and not parent.is_dir():
                raise Refused(f"{parent} is in the way of the folder of that name: rename yours first")
    return Plan(files, kept)


def _machinery(new: Path) -> list[str]:
    """The files that are copied as they are."""
    whole = [path for name in WHOLE for path in sorted((new / name).rglob("*")) if path.is_file()]
    names = [path.relative_to(new).as_posix() for path in whole if "__pycache__" not in path.parts]
    return [*names, ".python-version", *DVC]


def _lines(lines: tuple[str, ...]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _is_same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and add each one that was not there to `made`."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def missing_lines(file: Path, lines: tuple[str, ...]) -> list[str]:
    """Lines that a file of an existing project lacks; a slash at either end makes no difference."""
    there = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.is_file() else []
    stripped = {line.strip().strip("/") for line in there}
    return [line for line in lines if line.strip("/") not in stripped]
