"""What is installed in an environment, beside what the locks say."""

from __future__ import annotations

import json
import re
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from mlops.prove.room import Room

# The first of a name is the one that is imported.
LIST = (
    "import importlib.metadata as m, json;"
    "found = [d for d in m.distributions() if d.metadata['Name']];"
    "print(json.dumps({d.metadata['Name']: d.version for d in reversed(found)}))"
)
PIN = re.compile(r"(?m)^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+))?")


def drifted(room: Room, python: str) -> list[str]:
    """Packages of an interpreter's environment that are not as the clone's locks say; empty where there is none.

    The interpreter is named by its path, or as it is found on the room's PATH.
    """
    done = room.confined("allowed", [python, "-B", "-c", LIST], room.folder, room.variables(False), 60)
    if done.status != 0:
        return []
    listed = json.loads(done.output.splitlines()[-1]).items()
    found: dict[str, str] = {canonicalize_name(name): version for name, version in listed}
    locks = [room.root / "requirements" / "base.lock", *sorted(room.root.glob("requirements/deep-*.lock"))]
    lines = []
    for lock in locks:
        wanted = pins(lock)
        # Of the builds of PyTorch one is installed, or none.
        if lock.name.startswith("deep-") and found.get("torch") not in wanted.get("torch", []):
            continue
        for name, versions in wanted.items():
            if found.get(name) not in versions:
                lines.append(f"{name} {found.get(name, 'is missing')}, locked {' or '.join(versions)}")
    return lines


def pins(lock: Path) -> dict[str, list[str]]:
    """Versions that a lock has for this system, by package."""
    wanted: dict[str, list[str]] = {}
    for name, version, marker in PIN.findall(lock.read_text(encoding="utf-8")):
        if not marker or Marker(marker.strip()).evaluate():
            wanted.setdefault(canonicalize_name(name), []).append(version)
    return wanted


def deep(room: Room) -> str | None:
    """Which build of PyTorch the proof needs: the project's own, else the one for CPUs where there is a lock for it."""
    own = room.project / ".venv"
    there = {
        lock.stem.removeprefix("deep-"): pins(lock).get("torch", [])
        for lock in room.root.glob("requirements/deep-*.lock")
    }
    if not own.is_dir():
        return "cpu" if "cpu" in there else None
    names = [folder.name for folder in own.glob("lib/python*/site-packages/torch-*.dist-info")]
    versions = {name.removeprefix("torch-").removesuffix(".dist-info") for name in names}
    return next((name for name, wanted in sorted(there.items()) if set(wanted) & versions), None)
