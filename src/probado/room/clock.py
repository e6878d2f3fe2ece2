"""Another clock for every program: libfaketime where it is installed, else a substitute in Python's own functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from probado.room.process import Outcome

# Where Debian, Fedora, Arch, conda, Homebrew put it. The first kind is for programs with threads.
FOLDERS = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime")
NAMES = ("libfaketimeMT.so.1", "libfaketime.so.1")


def find_library(run: Callable[[Sequence[str]], Outcome]) -> Path | None:
    """The library if programs of the room obey it; None without one.

    Args:
        run: runs a command of the room.
    """
    for folder, name in itertools.product(FOLDERS, NAMES):
        for library in sorted(Path("/").glob(f"{folder[1:]}/{name}")):
            if run([*still(library, 0), "date", "-u", "+%s"]).output.strip() == "0":
                return library
    return None


def still(library: Path, now: int, of_files: bool = False) -> list[str]:
    """What stands before a command whose clock stands still. The program that confines it keeps its own clock.

    Args:
        library: what `find_library` returned.
        now: seconds since 1970.
        of_files: whether files seem to be of that time, too.
    """
    variables = {
        "LD_PRELOAD": str(library),
        "FAKETIME_FMT": "%s",
        "FAKETIME": str(now),
        # Waiting needs a clock that goes on.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
        **({} if of_files else {"NO_FAKE_STAT": "1"}),
    }
    return ["env", *(f"{name}={value}" for name, value in variables.items())]
