"""Which judge runs here, and whether its files are those of the wheel that was installed."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from probado import __version__
from probado.evidence.proof import Judge

PACKAGE = Path(__file__).resolve().parents[1]


def this_judge() -> Judge:
    """Describe the judge that runs.

    `sha256` covers names and contents of all files of the package, so that two judges can be compared wherever they
    are installed. A package that runs from source has no wheel to compare with: it is not released.
    """
    found = {path.relative_to(PACKAGE).as_posix(): sha256(path) for path in _files()}
    expected = _recorded()
    differing = [name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)]
    return Judge(
        version=__version__,
        sha256=hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest(),
        released=bool(expected) and not differing,
        modified=sorted(differing) if expected else [],
    )


def sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


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
