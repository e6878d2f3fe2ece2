"""make demo: make the worked example in build/demo, run it, and show where to look.

Air showers with boosted trees, simulated images of a telescope, then showers again with a network on their traces, and
the proof of that. Existing results are kept, so an interrupted demo continues where it stopped.
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
PROJECT = HOME / "primary_particles"
ANSWERS = ("project_name=Primary particles", "starter=primary_particles", "deep_learning=torch")
# A local copy beside the template's folder, for machines without the network.
MAGIC = TEMPLATE.parent / "shared" / "data" / "magic04.data"

TREES = {"data": "showers", "features": "event", "split": "grouped", "model": "xgboost"}
IMAGES = {"data": "magic", "features": "hillas", "split": "stratified", "model": "xgboost"}
NETWORK = {**TREES, "features": "traces", "model": "trace_network"}


def run(*command: str | Path, **variables: str) -> bool:
    """Print and run a command in the project; returns whether it succeeded."""
    print("\n$", " ".join(map(str, command)), flush=True)
    environment = {**os.environ, **variables}
    # The environment of the project, not that of the template.
    environment["PATH"] = f"{PROJECT / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    return subprocess.run([str(part) for part in command], cwd=PROJECT, env=environment).returncode == 0


def reproduce(choices: dict[str, str], **variables: str) -> bool:
    """Choose the configuration, run it and show the metrics; returns whether it succeeded."""
    chosen = all(run("python", "-m", "mlops", "select", f"{group}={name}") for group, name in choices.items())
    if not chosen or not run("make", "reproduce", **variables):
        return False
    show_metrics()
    return True


def commit() -> bool:
    """Commit the outputs of the pipeline, if any; returns whether all is committed."""
    person = ("-c", "user.name=Demo", "-c", "user.email=demo@localhost")
    git = ["git", "-C", str(PROJECT), *person]
    subprocess.run([*git, "add", "--all"], check=True)
    nothing_new = subprocess.run([*git, "diff", "--cached", "--quiet"]).returncode == 0
    return nothing_new or subprocess.run([*git, "commit", "-q", "-m", "Results of the demo"]).returncode == 0


def show_metrics() -> None:
    """Print the metrics of the last run with their intervals, beside the baseline's."""
    report = json.loads((PROJECT / "reports" / "metrics.json").read_text(encoding="utf-8"))
    print(f"\n{report['model']}, {report['rows']} test rows, {report['confidence']:.0%} intervals:")
    for name, metric in report["metrics"].items():
        interval = f"[{metric['low']:.4f}, {metric['high']:.4f}]"
        print(f"  {name:26} {metric['value']:.4f}  {interval}   baseline {report['baseline'][name]['value']:.4f}")


def main() -> int:
    """Run the demo; returns the exit status."""
    (TEMPLATE / "build").mkdir(exist_ok=True)
    if not PROJECT.is_dir():
        # Made elsewhere and moved, so that the project is complete or absent.
        with tempfile.TemporaryDirectory(dir=TEMPLATE / "build") as folder:
            bake = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", folder]
            if subprocess.run([*bake, *ANSWERS]).returncode != 0:
                return 1
            HOME.mkdir(exist_ok=True)
            Path(folder, PROJECT.name).rename(PROJECT)
    deep = run("make", "env", "DEEP=cpu")
    if not deep:
        print("\nNo CPU build of PyTorch could be installed (see above): continuing without the network on traces.")
        if not run("make", "env"):
            return 1
    print("\nWhich nucleus was it? Simulated air showers, what their stations saw, boosted trees.")
    if not reproduce(TREES):
        return 1
    print("\nGamma or hadron? Public data: Monte Carlo images of the MAGIC telescope.")
    if not reproduce(IMAGES, **({"DATA_FILE": str(MAGIC)} if MAGIC.is_file() else {})):
        print("\nThe MAGIC data could not be fetched (see above): continuing with the showers.")
    if deep:
        print("\nThe showers again, by a network that reads their traces. It trains for about a minute.")
    if not reproduce(NETWORK if deep else TREES):
        return 1
    print("\nIs it reproducible? Committed, cloned, run again with nothing but the locks and the raw data.")
    if not commit() or not run("make", "prove"):
        return 1
    print(f"\nLook at   {PROJECT / 'reports' / 'report.html'}")
    print(f"and at    {PROJECT / 'reports' / 'proof.html'}")
    print(f"Go on in  cd {PROJECT.relative_to(TEMPLATE)} && make help")
    print("Its claims are open until make studies has run, eight minutes or more.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\ninterrupted: make demo continues where it stopped")
