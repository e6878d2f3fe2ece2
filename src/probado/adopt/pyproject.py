"""The pyproject.toml of an adopted project, and the packages that it names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from probado.contract import BASE_LOCK, DEV_LOCK

# The packages and how they are installed. The settings of linters and tests are those of new projects.
SECTIONS = ("build-system", "project", "dependency-groups", "tool.setuptools", "tool.uv")
# They name files and a licence that an existing project may not have.
ABOUT = ("readme", "license", "license-files", "classifiers")


def for_adoption(text: str) -> str:
    """The part of a new project's pyproject.toml that another project needs: its packages."""
    start, *sections = re.split(r"(?m)^(?=\[)", text)
    kept = [section for section in sections if section.strip("[").startswith(SECTIONS)]
    lines = (start + "".join(kept)).splitlines(keepends=True)
    return "".join(line for line in lines if line.partition(" =")[0] not in ABOUT).rstrip() + "\n"


def not_locked(folder: Path, new: Path) -> list[str]:
    """Packages that a project asks for (requirements.txt, pyproject.toml) and the new project's locks lack."""
    texts = [(new / lock).read_text(encoding="utf-8") for lock in (BASE_LOCK, DEV_LOCK)]
    locked = {canonicalize_name(name) for text in texts for name in re.findall(r"(?m)^([\w.-]+)==", text)}
    # Every environment has an installer.
    return sorted(_asked_for(folder) - locked - {"pip"})


def _asked_for(folder: Path) -> set[str]:
    lines: list[str] = []
    if (folder / "requirements.txt").is_file():
        text = (folder / "requirements.txt").read_text(encoding="utf-8", errors="replace")
        lines += [re.split(r"\s#|\s--|\s\\|^#", line)[0] for line in text.splitlines()]
    if (folder / "pyproject.toml").is_file():
        try:
            project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            project = {}
        lines += project.get("dependencies", [])
    names: set[str] = set()
    for line in lines:
        try:
            names.add(canonicalize_name(Requirement(line).name))
        except InvalidRequirement:
            # An option of pip, a file or an address is no name of a package.
            continue
    return names
