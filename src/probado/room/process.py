"""Run one command, confined: no process of it is left, and the network is kept from it as asked."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probado.room.variables import redacted

CONFINE = Path(__file__).with_name("confine.py")
# Bytes of a command's output that are kept: its end, where the reason of a failure is.
TAIL = 4000


@dataclass
class Outcome:
    """How a command ended: exit status, seconds, the end of its output, whether it exceeded its time limit."""

    status: int
    seconds: float
    output: str
    late: bool = False
    # What the watch noted: files read and addresses called, see watch/sitecustomize.py.
    notes: list[dict[str, Any]] = field(default_factory=list)


def run_confined(
    options: Sequence[str],
    command: Sequence[str],
    cwd: Path,
    variables: Mapping[str, str],
    output: Path,
    limit: float | None = None,
    whole: bool = False,
) -> Outcome:
    """Run a command through confine.py and wait for it.

    Args:
        options: method and options of confine.py.
        command: the program and its arguments.
        cwd: where it runs.
        variables: its whole environment.
        output: a file for what it prints.
        limit: seconds until it is ended.
        whole: whether to keep all of its output, not the end alone.
    """
    launcher = [sys.executable, "-I", "-S", str(CONFINE), *options, "--", *command]
    begun = time.perf_counter()
    late = threading.Event()
    with open(output, "wb") as stream:
        process = subprocess.Popen(
            launcher, cwd=cwd, env=dict(variables), stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
        )

        def stop() -> None:
            late.set()
            process.terminate()

        # A wait with a time limit would ask again and again, up to 50 ms after the end.
        timer = threading.Timer(threading.TIMEOUT_MAX if limit is None else limit, stop)
        timer.daemon = True
        timer.start()
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            timer.cancel()
    text = redacted(output.read_bytes()[0 if whole else -TAIL :].decode("utf-8", "replace"))
    return Outcome(status, round(time.perf_counter() - begun, 3), text, late.is_set())
