"""The clock's experiment holds every program, and says so where it could not be tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from probado.room import clock
from tests.probado.conftest import Make, Prove

pytestmark = pytest.mark.slow

INSTALLED = any(list(Path("/").glob(f"{folder[1:]}/{name}")) for folder in clock.FOLDERS for name in clock.NAMES)
NEEDS_LIBRARY = pytest.mark.skipif(not INSTALLED, reason="libfaketime is not installed here")
PANDAS = "import pandas, time\ntime.sleep(0.01)\nout.write_text(f'made {pandas.Timestamp.now()}')"
DATE = "import subprocess, time\ntime.sleep(1)\nout.write_text(subprocess.getoutput('date'))"
NUMPY = "import numpy, time\ntime.sleep(1)\nout.write_text(str(numpy.datetime64('now')))"
# As programs do that write PDF.
DOCUMENT = (
    "import os, time\nnow = int(os.environ.get('SOURCE_DATE_EPOCH', time.time()))\n"
    "out.write_text(time.strftime('%F', time.gmtime(now)))"
)


@pytest.mark.parametrize(
    ("code", "library"),
    [
        pytest.param(PANDAS, True, marks=NEEDS_LIBRARY, id="pandas"),
        pytest.param(DATE, True, marks=NEEDS_LIBRARY, id="another program"),
        pytest.param(NUMPY, True, marks=NEEDS_LIBRARY, id="a clock of C"),
        pytest.param(PANDAS, False, id="pandas without libfaketime"),
        pytest.param(DOCUMENT, False, id="document without libfaketime"),
    ],
)
def test_the_clock_is_held(
    script: Make, prove: Prove, monkeypatch: pytest.MonkeyPatch, code: str, library: bool
) -> None:
    if not library:
        monkeypatch.setattr(clock, "FOLDERS", ())
    verdict = prove(script("made.txt", code))
    assert [name for _, name in verdict.causes] == ["clock-written"], verdict.said


def test_an_experiment_that_failed_is_not_told_as_one_that_found_nothing(script: Make, prove: Prove) -> None:
    code = (
        "import datetime, pathlib, sys\n"
        "if datetime.date.today().year == 2030: sys.exit('the certificate has expired')\n"
        "out.write_text(pathlib.Path('/proc/sys/kernel/random/uuid').read_text())"
    )
    verdict = prove(script("noise.txt", code))
    assert [name for _, name in verdict.causes] == ["varies"], verdict.said
    (cause,) = verdict.evidence["causes"]
    said = "could not be tried, because it failed: the certificate has expired"
    assert cause["detail"].startswith(f"repeatedly with clock 14 December 2030 {said}")
    assert {"what": "repeatedly with clock 14 December 2030", "result": said} in cause["experiments"]
