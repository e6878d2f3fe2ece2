"""Under bubblewrap, in a namespace, with neither: the same verdicts, or the first line says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probado.conftest import SORT, Make, Prove, stage
from tests.probado.prove.test_outside import needs_bubblewrap

pytestmark = pytest.mark.slow

# 198.51.100.0/24 is for documentation: nobody answers there.
CALL = "import socket\nsocket.create_connection(('198.51.100.1', 80), 0.2)\nopen('out.txt', 'w').write('x')"
CASES: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "sound": ("cp sorted.txt out.txt", {}, []),
    "unseeded": ("python -c \"import random; open('out.txt', 'w').write(str(random.random()))\"", {}, ["unseeded"]),
    "undeclared": ("cat more.toml > out.txt", {"more.toml": "a = 1\n"}, ["undeclared-read"]),
    # It needs it here, and did not where it was recorded.
    "network": (
        "case $PWD in *proof-*) python call.py || exit 1;; esac; echo x > out.txt",
        {"call.py": CALL},
        ["network"],
    ),
    "outside": ("cat {outside} > out.txt", {}, ["undeclared-read"]),
}
METHODS: dict[str, tuple[str, ...]] = {
    "bubblewrap": ("bubblewrap",),
    "namespace": ("namespace",),
    "seccomp": ("seccomp",),
    "none": (),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_the_same_verdict_or_the_first_line_says_why_not(
    case: str, method: str, make: Make, prove: Prove, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if method == "bubblewrap":
        needs_bubblewrap()
    monkeypatch.setattr("probado.room.network.METHODS", METHODS[method])
    command, files, causes = CASES[case]
    outside = tmp_path / "outside.txt"
    outside.write_text("1\n")
    deps = ["sorted.txt", *(name for name in files if name.endswith(".py"))]
    second = stage(command.format(outside=outside), deps, "out.txt")
    verdict = prove(make({"sort": SORT, "second": second}, **files))
    found = verdict.evidence["network"]["method"]
    if method != "none" and found != method:
        pytest.skip(f"this system has no {method}")
    if [name for _, name in verdict.causes] != causes:
        assert case in ("outside", "network") and method != "bubblewrap", verdict.said
        assert "not kept off" in verdict.evidence["headline"] or "could keep" in verdict.evidence["headline"]
