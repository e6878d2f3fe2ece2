"""Print the megabytes of packages and their dependencies, as JSON.

    python packages.py [NAME ...]     without names: the whole environment

Runs in the measured environment.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path


def needed(names: list[str]) -> set[str]:
    """The packages and their dependencies that are installed, without optional dependencies."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add(name)
        waiting += [re.split(r"[^\w.-]", line)[0] for line in requires if "extra ==" not in line]
    return found


def megabytes(names: set[str]) -> float:
    """Megabytes (10^6 bytes) of the files of these packages, bytecode included."""
    files = {Path(str(file.locate())) for name in names for file in distribution(name).files or []}
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


if __name__ == "__main__":
    everything = {str(found.metadata["Name"]) for found in distributions()}
    print(json.dumps(megabytes(needed(sys.argv[1:]) if sys.argv[1:] else everything)))
