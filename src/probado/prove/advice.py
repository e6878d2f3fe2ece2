"""Advice beside a verdict: use of the network, code that no stage declares, numbers that nothing backs."""

from __future__ import annotations

import os

from probado.evidence.claim import Claim
from probado.prove.claims import misquoted
from probado.prove.findings import Findings
from probado.prove.prose import is_prose, unbacked
from probado.prove.rerun import Bench

# Variables by which people tell programs where libraries and devices are. A fresh machine does not have them.
OF_CALLER = ("PYTHONPATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "LOADEDMODULES")


def advise(bench: Bench, claimed: list[Claim], findings: Findings) -> list[str]:
    """Lines of advice on a rerun, never part of the verdict."""
    lines = []
    if dropped := [name for name in OF_CALLER if os.environ.get(name)]:
        lines.append(f"{', '.join(dropped)}: set here, and not in the clean room")
    importing: dict[str, list[str]] = {}
    for name, run in findings.runs.items():
        if run.reads.calls and not run.stage.source:
            lines.append(f"{name} tried to reach {', '.join(run.reads.calls[:3])}")
        if run.online:
            lines.append(f"{name} was retried online: it failed offline and may fetch data")
        if code := sorted({line.partition(" ")[0] for line in run.reads.code}):
            importing.setdefault(", ".join(code), []).append(name)
    lines += [f"imported and no dependency of {', '.join(names)}: {code}" for code, names in importing.items()]
    root = bench.room.root
    prose = [name for name in sorted(bench.known) if is_prose(name) and (root / name).is_file()]
    parameters = {path for stage in bench.pipeline.stages for path in stage.parameters}
    backing = [root / path for path in sorted(findings.written() | parameters)]
    lines += misquoted(root, claimed)
    lines += [f"{line} is in no claim, output or parameter" for line in unbacked(root, prose, backing, claimed)]
    return lines
