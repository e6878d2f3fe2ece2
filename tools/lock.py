"""make lock: bring the template's lock and those shipped with the projects up to date.

A project with every choice that adds a group makes the projects' locks.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1]
TREE = TEMPLATE / "{{cookiecutter.__folder}}"


def main() -> None:
    """Write requirements.lock, benchmarks/energy.lock and the shipped requirements/*.lock."""
    uv = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    # Without --upgrade, locked packages keep their versions if possible.
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
    plain = [*upgrade, "--no-annotate", "--no-header", "--quiet"]
    # codecarbon has its own environment, because only one benchmark uses it.
    for name in ("requirements", "benchmarks/energy"):
        subprocess.run([*uv, *plain, f"{name}.in", "--output-file", f"{name}.lock"], cwd=TEMPLATE, check=True)
    with tempfile.TemporaryDirectory() as folder:
        bake = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", folder]
        subprocess.run([*bake, "module_name=locked", "deep_learning=torch"], check=True)
        subprocess.run(["make", "lock", *(["UPGRADE=1"] if upgrade else [])], cwd=Path(folder, "locked"), check=True)
        for lock in Path(folder, "locked", "requirements").glob("*.lock"):
            layer = TREE / "layers" / "deep" if lock.name.startswith("deep-") else TREE
            shutil.copyfile(lock, layer / "requirements" / lock.name)


if __name__ == "__main__":
    main()
