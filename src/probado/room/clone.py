"""The clone of a clean room: what is committed, sharing no file with the original."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from probado.errors import Refused
from probado.files import remove
from probado.repository.git import git
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
    # A file that is moved away and back is no changed one.
    moves = ("core.trustctime=false", "core.checkStat=minimal")
    settings = ("gc.auto=0", "core.autocrlf=false", "core.eol=lf", f"core.attributesFile={os.devnull}", *moves)
    same_bytes = [part for setting in settings for part in ("--config", setting)]
    try:
        whole = ("--quiet", "--no-hardlinks", "--no-checkout", str(original), str(place))
        git(place.parent, "clone", *same_bytes, *whole)
        git(place, "checkout", "--quiet", *_branch(project, revision), revision)
    except subprocess.CalledProcessError as error:
        raise Refused(f"the clone could not be made: {last_line(error.stderr.decode())}") from error
    return Clone(original, place, prefix)


def _branch(project: Path, revision: str) -> list[str]:
    """Options by which the clone is on the branch of the project, if that is at the revision."""
    if git(project, "rev-parse", "HEAD").strip() == revision:
        try:
            return ["-B", git(project, "symbolic-ref", "--short", "HEAD").strip()]
        except subprocess.CalledProcessError:  # it is on none
            pass
    return ["--detach"]


def keep_no_contents(clone: Clone) -> None:
    """Leave of git the commit with its names of files: stages may ask for its id, not for what was committed.

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    own = clone.place / ".git"
    commit = git(clone.place, "rev-parse", "HEAD").strip()
    listed = git(clone.place, "rev-list", "--objects", "--no-walk", "--filter=blob:none", commit)
    pack = ["git", "-C", str(clone.place), "pack-objects", "-q", str(own / "kept")]
    subprocess.run(pack, input=listed.encode(), capture_output=True, check=True)
    for name in ("objects", "refs/tags", "refs/remotes", "packed-refs", "logs", "FETCH_HEAD", "ORIG_HEAD"):
        remove(own / name)
    (own / "objects" / "pack").mkdir(parents=True)
    for file in own.glob("kept-*"):
        file.rename(own / "objects" / "pack" / f"pack{file.name.removeprefix('kept')}")
    # The commit has no parents here.
    (own / "shallow").write_text(f"{commit}\n", encoding="ascii")


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
