"""New data in the place of those that a project is configured for."""

from __future__ import annotations

import hashlib
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from probado.contract import CONFIG
from probado.errors import Refused, without_password
from probado.files import remove
from probado.life.science import imported

# Seconds without a byte after which an address does not answer.
PATIENCE = 60


def source_of(project: Path) -> tuple[Path, dict[str, Any]]:
    """The file that configures the data of a project, and its `source`, {} if it has none."""
    settings = yaml.safe_load((project / CONFIG).read_text(encoding="utf-8"))
    choices = {
        name: choice for one in settings.get("defaults", []) if isinstance(one, dict) for name, choice in one.items()
    }
    path = (project / CONFIG).parent / "data" / f"{choices.get('data')}.yaml"
    written = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return path, written.get("source") or {}


def bring(file: Path | None, root: Path, aside: Path, module: str) -> None:
    """Configure the clone of a project for new data: a file or folder of them, else what the source has now.

    Raises:
        Refused: the source has no file, does not answer, or the configuration does not hold its hash once.
    """
    settings, source = source_of(aside)
    path = source.get("path")
    if file and not path:
        raise Refused(f"{settings.relative_to(aside)} names no source.path in whose place {file.name} could be put")
    if file is None and source.get("url"):
        _configure(settings, source, _hash_at(source["url"]))
    elif path and (new := file or root / path).exists():
        target = aside / path
        remove(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if new.is_dir() else shutil.copyfile)(new, target)
        _configure(settings, source, imported(module, "common.files", root).sha256(target))


def _configure(settings: Path, source: dict[str, Any], new: str) -> None:
    """Write the hash of the data in the place of the old one."""
    old, text = source.get("sha256"), settings.read_text(encoding="utf-8")
    if old == new:
        return
    if not old or text.count(old) != 1:
        raise Refused(f"configs/data/{settings.name} does not hold source.sha256 once, in whose place to write {new}")
    settings.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def _hash_at(url: str) -> str:
    """SHA-256 of what an address has now."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as stream:  # noqa: S310 - the project's own address
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise Refused(f"{without_password(url)} does not give its data: {error}; or name a file: FILE=...") from None
