"""A version of a model: a folder that runs by itself, with the module's code and models/, known by its hash."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from probado.contract import BASE_LOCK, FIXED, THREAD_VARIABLES
from probado.errors import Refused
from probado.evidence.judge import sha256
from probado.files import read_frame
from probado.repository.git import paths
from probado.text import first_mistake, last_line

if TYPE_CHECKING:
    import pandas as pd

MODELS = "models"
PREDICTED = "predicted.parquet"
LISTING = "version.json"
# What the test rows were, which is known only once the version has predicted them: no part of its digest.
PROFILE = "profile.json"


class Version(BaseModel):
    """What a version's folder holds: SHA-256 of each file by its path, and of the lock of its packages."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    module: str
    files: dict[str, str]
    packages: str | None

    @property
    def digest(self) -> str:
        """One hash for all of it: a model that was registered before is known by it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def make_version(root: Path, module: str, target: Path) -> Version:
    """Copy the project's present model and code into a new folder.

    Raises:
        Refused: there is no model.
    """
    if not (root / MODELS).is_dir():
        raise Refused(f"there is no {MODELS}/: make train first")
    tracked = paths(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", module)
    found = {name: root / name for name in tracked if (root / name).is_file()}
    found |= {file.relative_to(root).as_posix(): file for file in (root / MODELS).rglob("*") if file.is_file()}
    files = {}
    for name in sorted(found):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found[name], copy)
        files[name] = sha256(copy)
    lock = root / BASE_LOCK
    version = Version(module=module, files=files, packages=sha256(lock) if lock.is_file() else None)
    (target / LISTING).write_text(version.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return version


def read_version(folder: Path, digest: str) -> Version:
    """A version's listing, after every file was checked against it, and it against the digest in the registry.

    Raises:
        Refused: a file is missing, was changed or was added.
    """
    try:
        version = Version.model_validate_json((folder / LISTING).read_bytes())
    except OSError as error:
        raise Refused(f"{folder / LISTING} cannot be read ({error.strerror})") from None
    except ValidationError as error:
        raise Refused(f"{folder / LISTING} is not understood ({first_mistake(error)})") from None
    if version.digest != digest:
        raise Refused(f"{folder} is not the version that was registered: its digest is {version.digest[:12]}")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    there = {name for name in there if "__pycache__" not in name} - {LISTING, PROFILE}
    for name in sorted(version.files.keys() | there):
        if name not in there or name not in version.files or sha256(folder / name) != version.files[name]:
            raise Refused(f"{folder / name} is not the file that was registered")
    return version


def environment(folder: Path, threads: int) -> dict[str, str]:
    """Variables of a process in which a version runs: its own code first, the circumstances of a stage."""
    path = os.pathsep.join([str(folder), str(Path(__file__).resolve().parents[2])])
    fixed = {**FIXED, **dict.fromkeys(THREAD_VARIABLES, str(threads))}
    return {**os.environ, **fixed, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def predict(folder: Path, version: Version, rows: pd.DataFrame, threads: int, aside: Path) -> pd.DataFrame:
    """The predictions of a version for rows, made by its own code in a process of its own.

    Args:
        folder: the version's.
        version: what it holds.
        rows: as they come from the source.
        threads: of the process.
        aside: a folder for what the two processes exchange: afterwards it holds the model's inputs, too.

    Raises:
        Refused: the version cannot predict these rows.
    """
    given, found = aside / "rows.parquet", aside / PREDICTED
    rows.to_parquet(given)
    run(folder, threads, "probado.life.worker", version.module, given, found)
    return read_frame(found)


def run(folder: Path, threads: int, program: str, *arguments: str | Path) -> None:
    """Run a module of this package in the circumstances of a version, and wait for it.

    Raises:
        Refused: it ended with another status than 0; the message is its last line.
    """
    command = [sys.executable, "-P", "-m", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment(folder, threads), capture_output=True, text=True)
    if done.returncode:
        raise Refused(last_line(done.stderr) or f"its process ended with status {done.returncode}")
