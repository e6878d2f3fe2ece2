"""A decision about a version: what was decided, why, and that only one is made at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from probado.errors import Refused
from probado.life.gate import Finding
from probado.repository.git import commit_of

if TYPE_CHECKING:
    from probado.life.registry import Registry

CHAMPION: Literal["champion"] = "champion"
CHALLENGER: Literal["challenger"] = "challenger"
LOCK = Path(".life/lock")
# Champions that are remembered.
REMEMBERED = 100


class Decision(BaseModel):
    """What was decided about a version, why, by whom, and who was and is champion."""

    id: str
    time: str
    action: Literal["promote", "rollback"]
    version: str
    outcome: Literal["champion", "challenger"]
    before: str | None
    champions: list[str]
    commit: str
    proof: str
    findings: list[Finding] = Field(default_factory=list)


def decide(
    root: Path,
    registry: Registry,
    number: str,
    action: Literal["promote", "rollback"],
    proof: str,
    findings: list[Finding],
    champions: list[str],
) -> Decision:
    """Decide about a version, carry it out, and say it: it is champion unless a finding speaks against it.

    Args:
        root: the project's folder.
        registry: where it is registered.
        number: of the version.
        action: what was asked for.
        proof: what stands behind it, in words.
        findings: the answers of the gate.
        champions: those before it, the latest last.
    """
    passed = all(finding.held for finding in findings)
    decision = Decision(
        id=f"{time.time_ns() // 10**6:x}-{os.urandom(2).hex()}",
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        action=action,
        version=number,
        outcome=CHAMPION if passed else CHALLENGER,
        before=registry.champion(),
        champions=[*champions, number][-REMEMBERED:] if passed else champions,
        commit=commit_of(root, "HEAD"),
        proof=proof,
        findings=findings,
    )
    registry.carry_out(decision)
    for finding in findings:
        print(f"{'yes' if finding.held else 'NO':>3}  {finding.question}: {finding.detail}")
    before = f", after version {decision.before}" if decision.before else ""
    print(f"version {number} is the {decision.outcome}{before}; proof: {proof}")
    return decision


@contextmanager
def only_one(root: Path, name: Path = LOCK, what: str = "promotion or rollback") -> Iterator[None]:
    """Hold the project's promotions, or what else a lock stands for; raises Refused if another process does."""
    from filelock import FileLock, Timeout

    (root / name).parent.mkdir(exist_ok=True)
    lock = FileLock(root / name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Refused(f"another {what} of this project is running: this one did nothing") from None
    try:
        yield
    finally:
        lock.release()
