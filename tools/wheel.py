"""make wheel: build probado from src/ into the folder of the projects' locks, with the lock that names its hash.

Run it once when a piece of work on src/ is done. The same source gives the same bytes.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1]
SHIPPED = TEMPLATE / "{{cookiecutter.__folder}}" / "requirements"


def build(folder: Path) -> Path:
    """Build the wheel into a folder; returns its path."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=TEMPLATE, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("probado-*.whl")
    return wheel


def lock_of(wheel: Path) -> str:
    """The text of the lock that names a wheel."""
    version = wheel.name.split("-")[1]
    return f"probado=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def main() -> None:
    """Replace the shipped wheel and its lock."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        for old in SHIPPED.glob("probado-*.whl"):
            old.unlink()
        shutil.copyfile(wheel, SHIPPED / wheel.name)
    (SHIPPED / "probado.lock").write_text(lock_of(SHIPPED / wheel.name), encoding="utf-8")
    print(f"{wheel.name}, {(SHIPPED / wheel.name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
