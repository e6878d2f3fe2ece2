"""New data in the place of those that a project is configured for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from probado.contract import CONFIG
from probado.errors import Refused
from probado.evidence.judge import sha256
from probado.files import remove


def source_of(project: Path) -> tuple[Path, dict[str, Any]]:
    """The file that configures the data of a project, and its `source`, {} if it has none."""
    settings = yaml.safe_load((project / CONFIG).read_text(encoding="utf-8"))
    choices = {
        name: choice for one in settings.get("defaults", []) if isinstance(one, dict) for name, choice in one.items()
    }
    path = (project / CONFIG).parent / "data" / f"{choices.get('data')}.yaml"
    written = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return path, written.get("source") or {}


def source_file(project: Path) -> str | None:
    """The path of the configured file, from the project's folder; None if the data come from elsewhere."""
    return source_of(project)[1].get("path")


def put(file: Path, project: Path) -> None:
    """Put a file, or a folder of files, in the place of the configured one, with its hash in the configuration.

    Raises:
        Refused: the data come from elsewhere, or the configuration does not hold the hash of a file once.
    """
    settings, source = source_of(project)
    if not source.get("path"):
        raise Refused(f"{settings.relative_to(project)} names no source.path in whose place {file.name} could be put")
    target = project / source["path"]
    remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        shutil.copytree(file, target)
    else:
        shutil.copyfile(file, target)
    if old := source.get("sha256"):
        if target.is_dir():
            raise Refused(f"{settings.relative_to(project)} holds the sha256 of a file, and {file.name} is a folder")
        text = settings.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise Refused(
                f"{settings.relative_to(project)} does not hold source.sha256 as it is: write the new one there"
            )
        settings.write_text(text.replace(old, sha256(target)), encoding="utf-8", newline="\n")
