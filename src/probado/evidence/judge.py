"""Which judge runs here, and whether its files are those of the wheel that was installed."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from probado import __version__
from probado.contract import WHEELS
from probado.evidence.proof import Judge

PACKAGE = Path(__file__).resolve().parents[1]
# Version and hash of each judge that was released before this one.
RELEASED = Path(__file__).with_name("released.txt")


def this_judge(root: Path) -> Judge:
    """Describe the judge that runs; `root` is the clone of the project that it judges.

    `sha256` covers names and contents of all files of the package, so that two judges can be compared wherever they
    are installed. A package that runs from source has no wheel to compare with.
    """
    found = _here()
    expected = _recorded()
    differing = [name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)]
    wheels = _of_project(root)
    return Judge(
        version=__version__,
        sha256=_hash_of(found),
        as_installed=bool(expected) and not differing,
        modified=sorted(differing) if expected else [],
        of_project=_hash_of(found) in wheels if wheels else None,
    )


def known_judges(root: Path) -> set[str]:
    """Hashes of the judges that a proof may name: this one, those in the project's requirements/, released ones."""
    lines = RELEASED.read_text(encoding="utf-8").splitlines()
    released = [line.split()[1] for line in lines if line and not line.startswith("#")]
    return {_hash_of(_here()), *_of_project(root), *released}


def _of_project(root: Path) -> list[str]:
    return [_hash_of(_in_wheel(wheel)) for wheel in root.glob(WHEELS)]


def _hash_of(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _in_wheel(wheel: Path) -> dict[str, str]:
    """SHA-256 of the package's files in a wheel; empty where it cannot be read."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith("probado/")]
            return {name.removeprefix("probado/"): hashlib.sha256(archive.read(name)).hexdigest() for name in names}
    except (OSError, zipfile.BadZipFile):
        return {}


def sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _here() -> dict[str, str]:
    """SHA-256 of each file of the package that runs."""
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(PACKAGE).as_posix(): sha256(path) for path in files}


def _recorded() -> dict[str, str]:
    """SHA-256 of the package's files as the wheel's RECORD has them; empty for a package that runs from source."""
    installed = _distribution()
    recorded = {}
    for file in (installed.files if installed else None) or []:
        path = Path(str(file.locate())).resolve()
        if file.hash and file.hash.mode == "sha256" and path.is_relative_to(PACKAGE):
            digest = base64.urlsafe_b64decode(file.hash.value + "=" * (-len(file.hash.value) % 4))
            recorded[path.relative_to(PACKAGE).as_posix()] = digest.hex()
    return recorded


def _distribution() -> Distribution | None:
    try:
        return distribution("probado")
    except PackageNotFoundError:
        return None
