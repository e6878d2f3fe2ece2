"""What an environment has installed, beside what the locks of a project name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from probado.contract import BASE_LOCK, DEEP_LOCKS, VENV
from probado.room.process import Outcome

# Python imports the first of several distributions of one name.
LIST = (
    "import importlib.metadata as m, json;"
    "found = [d for d in m.distributions() if d.metadata['Name']];"
    "print(json.dumps({d.metadata['Name']: d.version for d in reversed(found)}))"
)
PIN = re.compile(r"(?m)^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+))?")


def drifted(root: Path, python: str, run: Callable[[Sequence[str]], Outcome]) -> list[str]:
    """Packages of an environment that are not as the locks in the clone at `root` say, one line each.

    Args:
        root: the project in the clone.
        python: the environment's interpreter, by path or by its name on the room's PATH.
        run: runs a command in the room.
    """
    outcome = run([python, "-B", "-c", LIST])
    if outcome.status != 0:
        return []
    listed = json.loads(outcome.output.splitlines()[-1]).items()
    installed: dict[str, str] = {canonicalize_name(name): version for name, version in listed}
    lines = []
    for lock in (root / BASE_LOCK, *sorted(root.glob(DEEP_LOCKS))):
        pinned = pins(lock)
        # At most one of the builds of PyTorch is installed.
        if lock.name.startswith("deep-") and installed.get("torch") not in pinned.get("torch", []):
            continue
        for name, versions in pinned.items():
            if installed.get(name) not in versions:
                lines.append(f"{name} {installed.get(name, 'is missing')}, locked {' or '.join(versions)}")
    return lines


def pins(lock: Path) -> dict[str, list[str]]:
    """Versions that a lock has for this system, by package; none if there is no such file."""
    if not lock.is_file():
        return {}
    pinned: dict[str, list[str]] = {}
    for name, version, marker in PIN.findall(lock.read_text(encoding="utf-8")):
        if not marker or Marker(marker.strip()).evaluate():
            pinned.setdefault(canonicalize_name(name), []).append(version)
    return pinned


def torch_build(project: Path, root: Path) -> str | None:
    """Which build of PyTorch a proof needs: the one that the project's .venv has, else the one for CPUs.

    Returns:
        "cpu", "gpu" or None, as in the name of requirements/deep-*.lock.
    """
    builds = {lock.stem.removeprefix("deep-"): pins(lock).get("torch", []) for lock in root.glob(DEEP_LOCKS)}
    own = project / VENV
    if not own.is_dir():
        return "cpu" if "cpu" in builds else None
    names = [folder.name for folder in own.glob("lib/python*/site-packages/torch-*.dist-info")]
    versions = {name.removeprefix("torch-").removesuffix(".dist-info") for name in names}
    return next((name for name, pinned in sorted(builds.items()) if set(pinned) & versions), None)
