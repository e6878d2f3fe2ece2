"""The clone of a clean room: what is committed, sharing no file with the original."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from probado.errors import Refused
from probado.repository.git import git
from probado.room.folder import remove
from probado.text import last_line


@dataclass(frozen=True)
class Clone:
    """A clone: top folder of the original, top folder of the clone, the project's folder in both (may be empty)."""

    original: Path
    place: Path
    prefix: str

    @property
    def root(self) -> Path:
        """The project's folder in the clone."""
        return self.place / self.prefix


def make_clone(project: Path, revision: str, place: Path) -> Clone:
    """Clone the repository of a project and check a revision out.

    Raises:
        Refused: git could not do it.
    """
    prefix = git(project, "rev-parse", "--show-prefix").strip()
    original = Path(git(project, "rev-parse", "--show-toplevel").strip()).resolve()
    # The bytes that git has, whatever this user has told git about ends of lines. No collection of garbage meanwhile.
    settings = ("gc.auto=0", "core.autocrlf=false", "core.eol=lf", f"core.attributesFile={os.devnull}")
    same_bytes = [part for setting in settings for part in ("--config", setting)]
    try:
        whole = ("--quiet", "--no-hardlinks", "--no-checkout", str(original), str(place))
        git(place.parent, "clone", *same_bytes, *whole)
        git(place, "checkout", "--quiet", "--detach", revision)
    except subprocess.CalledProcessError as error:
        raise Refused(f"the clone could not be made: {last_line(error.stderr.decode())}") from error
    return Clone(original, place, prefix)


def bring_submodules(clone: Clone) -> str | None:
    """Bring the submodules that the commit names; returns why it failed."""
    if not (clone.place / ".gitmodules").is_file():
        return None
    try:
        git(clone.place, "submodule", "--quiet", "update", "--init", "--recursive")
    except subprocess.CalledProcessError as error:
        return f"a submodule could not be fetched: {last_line(error.stderr.decode())}"
    return None


@contextlib.contextmanager
def moved(clone: Clone, place: Path) -> Iterator[Clone]:
    """Move a clone to another place for a while."""
    place.parent.mkdir(parents=True, exist_ok=True)
    clone.place.rename(place)
    try:
        yield replace(clone, place=place)
    finally:
        # MLflow stores whole paths, and makes the folders of a former place again.
        remove(clone.place)
        place.rename(clone.place)
