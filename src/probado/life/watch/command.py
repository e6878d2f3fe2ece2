"""probado monitor: say whether what the model in use is asked has changed."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from probado.errors import Refused
from probado.life.science import threads_of
from probado.life.settings import read_settings
from probado.life.version import PROFILE
from probado.life.watch.alert import alert
from probado.life.watch.drift import Shift, shifts
from probado.life.watch.page import write_page
from probado.life.watch.profile import Profile, read_profile
from probado.life.watch.settings import MONITOR, Monitor
from probado.life.watch.window import of_file, of_requests

# Exit status where something has changed.
CHANGED = 3
HISTORY = Path(".life/monitor.jsonl")
# Shifts that are printed, the surest first.
SHOWN = 10


class Look(BaseModel):
    """One look at the rows of a version."""

    time: str
    version: str
    rows: int
    said: str
    verdict: str
    shifts: list[Shift]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--input", type=Path, metavar="FILE", help="rows to look at (default: the served requests)")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="what came true: CSV of id, row, actual")


def run(options: argparse.Namespace) -> int:
    """Look; returns the exit status: 0 nothing changed, 1 it cannot be said, 3 something changed."""
    return monitor(Path.cwd(), options.module, options.input, options.labels)


def monitor(root: Path, module: str, source: Path | None, labels: Path | None) -> int:
    """Compare rows with those on which the champion was measured, print, record and tell; returns the exit status."""
    settings = read_settings(root / MONITOR, Monitor)
    from probado.life.registry import Registry

    registry = Registry(module, root)
    number = registry.champion()
    if number is None:
        raise Refused("there is no champion yet: make promote")
    folder, version = registry.folder(number)
    before = read_profile(folder / PROFILE)
    if source:
        now, said = of_file(folder, version, source, threads_of(root), labels)
    else:
        now, said = of_requests(root, number, settings.days, before, labels)
    look = judged(number, before, now, said, settings)
    for line in lines(look):
        print(line)
    _record(root, look)
    print(f"see {write_page(root, look.model_dump(), before, now)}")
    if look.verdict != "CHANGED":
        return 0
    for_whom = f"{settings.owner}: " if settings.owner else ""
    if alert(f"{for_whom}{module}: the model is asked about other rows", "\n".join(lines(look))):
        print("the alert was sent")
    return CHANGED


def judged(number: str, before: Profile, now: Profile, said: str, settings: Monitor) -> Look:
    """What a look finds, the surest shifts first."""
    enough = now.rows >= settings.fewest
    found = shifts(before, now, settings.confidence, settings.least) if enough else []
    verdict = "CHANGED" if any(one.drifted for one in found) else "UNCHANGED" if enough else "TOO FEW ROWS"
    time = datetime.now(UTC).isoformat(timespec="seconds")
    ordered = sorted(found, key=lambda one: (not one.drifted, one.p))
    return Look(time=time, version=number, rows=now.rows, said=said, verdict=verdict, shifts=ordered)


def lines(look: Look) -> list[str]:
    """What is printed, and sent."""
    changed = sum(one.drifted for one in look.shifts)
    found = [f"version {look.version}: {look.said}"]
    found += [
        f"{'changed' if one.drifted else 'same':>7}  {one.part} {one.column}: {one.test}, distance {one.distance:.3f}, "
        f"p = {one.p:.2g}"
        for one in look.shifts[: max(SHOWN, changed)]
    ]
    if more := len(look.shifts) - max(SHOWN, changed):
        found += [f"         and {more} more that have not changed"] if more > 0 else []
    return [*found, look.verdict]


def _record(root: Path, look: Look) -> None:
    """Add a look to the history."""
    (root / HISTORY).parent.mkdir(exist_ok=True)
    with (root / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(look.model_dump()) + "\n")
