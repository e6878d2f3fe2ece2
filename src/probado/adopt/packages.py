"""The packages of an adopted project: those of the new one, as groups, and what the project itself asks for."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from probado.contract import BASE_LOCK, DEV_LOCK

FILE = "pyproject.toml"
# The groups lie there if the project has a pyproject.toml of its own.
GROUPS = "requirements/groups.toml"
REQUIREMENTS = "requirements.txt"
# These name packages too, and are not read.
OTHERS = ("setup.py", "setup.cfg", "environment.yml", "environment.yaml", "Pipfile")


def groups_of(text: str) -> str:
    """The packages of a new project's pyproject.toml as dependency groups, for a project with metadata of its own."""
    (dependencies,) = re.findall(r"(?ms)^dependencies = \[\n.*?^\]\n", text)
    (groups,) = re.findall(r"(?ms)^\[dependency-groups\]\n(.*?)^\[", text)
    base = dependencies.replace("dependencies", "base", 1)
    what = "# What a run of the pipeline needs. After a change: make lock && make env"
    return f"[dependency-groups]\n{what}\n{base}{groups.rstrip()}\n"


def not_locked(folder: Path, new: Path) -> list[str]:
    """What a project asks for and the new project's locks lack, or have in another version, one text each."""
    pins: dict[str, str] = {}
    for lock in (DEV_LOCK, BASE_LOCK):
        found = re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", (new / lock).read_text(encoding="utf-8"))
        pins |= {canonicalize_name(name): version for name, version in found}
    texts = []
    for asked in _asked_for(folder):
        name = canonicalize_name(asked.name)
        if name not in pins or asked.extras:
            texts.append(str(asked))
        elif not asked.specifier.contains(pins[name], prereleases=True):
            texts.append(f"{asked} (locked: {pins[name]})")
    # Every environment has an installer.
    return sorted({text for text in texts if text != "pip"})


def not_read(folder: Path) -> list[str]:
    """Files that name packages and are not read."""
    files = [name for name in OTHERS if (folder / name).is_file()]
    return [*files, *(["[tool.poetry] in pyproject.toml"] if "poetry" in _settings(folder).get("tool", {}) else [])]


def has_groups(folder: Path) -> bool:
    """Whether a project's pyproject.toml has dependency groups already."""
    return "dependency-groups" in _settings(folder)


def is_discovered(folder: Path) -> bool:
    """Whether setuptools finds the packages by itself, which it refuses to where mlops/ lies beside another one."""
    settings = _settings(folder)
    build, tool = settings.get("build-system"), settings.get("tool", {})
    backend = build.get("build-backend", "setuptools") if isinstance(build, dict) else ""
    return "project" in settings and str(backend).startswith("setuptools") and "setuptools" not in tool


def _settings(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(folder / FILE)) if (folder / FILE).is_file() else {}
    except tomllib.TOMLDecodeError:
        return {}


def _asked_for(folder: Path) -> Iterator[Requirement]:
    lines = list(_lines(folder / REQUIREMENTS)) if (folder / REQUIREMENTS).is_file() else []
    project = _settings(folder).get("project")
    named = project.get("dependencies") if isinstance(project, dict) else None
    lines += [line for line in named if isinstance(line, str)] if isinstance(named, list) else []
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            # An option of pip, a file or an address is no name of a package.
            continue


def _lines(file: Path) -> Iterator[str]:
    """The requirements in a file and in those that it names with -r."""
    for line in _read(file).splitlines():
        if more := re.match(r"\s*(?:-r|--requirement)[\s=]+(\S+)", line):
            other = file.parent / more[1]
            if other.is_file() and other != file:
                yield from _lines(other)
        else:
            yield re.split(r"\s#|\s--|\s\\|^#", line)[0]


def _read(file: Path) -> str:
    """The text of a file, which Windows may have written as UTF-16."""
    content = file.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    return content.decode(encoding, "replace")
