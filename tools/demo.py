"""make demo: make a project in build/demo, run it, run it again on real telescope data, and show where to look.

What is there already is kept, so an interrupted demo goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1]
HOME = TEMPLATE / "build" / "demo"
PROJECT = HOME / "first_project"
# The file may lie beside the template's folder, where the network does not have it.
MAGIC = TEMPLATE.parent / "shared" / "data" / "magic04.data"


def run(*command: str | Path, **variables: str) -> bool:
    """Run a command in the project, shown as a person would type it; returns whether it went well."""
    print("\n$", " ".join(map(str, command)), flush=True)
    environment = {**os.environ, **variables}
    # The environment of the project, not that of the template.
    environment["PATH"] = f"{PROJECT / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    return subprocess.run([str(part) for part in command], cwd=PROJECT, env=environment).returncode == 0


def show_metrics() -> None:
    """Print the metrics of the last run with their intervals, beside the baseline's."""
    report = json.loads((PROJECT / "reports" / "metrics.json").read_text(encoding="utf-8"))
    print(f"\n{report['model']}, {report['rows']} test rows, {report['confidence']:.0%} intervals:")
    for name, metric in report["metrics"].items():
        interval = f"[{metric['low']:.4f}, {metric['high']:.4f}]"
        print(f"  {name:18} {metric['value']:.4f}  {interval}   baseline {report['baseline'][name]['value']:.4f}")


def main() -> int:
    """Run the demo; returns the exit status."""
    (TEMPLATE / "build").mkdir(exist_ok=True)
    if not PROJECT.is_dir():
        # Made elsewhere and moved, so that what stands there is whole.
        with tempfile.TemporaryDirectory(dir=TEMPLATE / "build") as folder:
            bake = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", folder]
            if subprocess.run([*bake, "project_name=First project"]).returncode != 0:
                return 1
            HOME.mkdir(exist_ok=True)
            Path(folder, PROJECT.name).rename(PROJECT)
    select = ["python", "-m", "mlops", "select"]
    if not (run("make", "env") and run(*select, "data=breast_cancer") and run("make", "reproduce")):
        return 1
    show_metrics()
    print("\nThe same project on real data: gamma or hadron, from the MAGIC telescope.")
    variables = {"DATA_FILE": str(MAGIC)} if MAGIC.is_file() else {}
    if run(*select, "data=magic") and run("make", "reproduce", **variables):
        show_metrics()
    else:
        print("\nThe MAGIC data could not be had (see above); the project is back on its first data.")
        if not (run(*select, "data=breast_cancer") and run("make", "reproduce")):
            return 1
    print(f"\nLook at   {PROJECT / 'reports' / 'report.html'}")
    print(f"Go on in  cd {PROJECT.relative_to(TEMPLATE)} && make help")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\ninterrupted: make demo goes on where it stopped")
