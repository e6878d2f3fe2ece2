"""The verdict on a whole proof follows from its parts."""

from __future__ import annotations

from typing import Any

import pytest

from probado.evidence.proof import CauseResult, ClaimResult, OutputResult, Perturbation, overall


def outputs(*verdicts: Any) -> list[OutputResult]:
    """Outputs with these verdicts."""
    return [
        OutputResult(path=f"{number}.txt", stage="s", verdict=verdict, recorded="a", found="a", compared="bytes")
        for number, verdict in enumerate(verdicts)
    ]


def claims(*states: Any) -> list[ClaimResult]:
    """Claims in these states."""
    return [
        ClaimResult(id=state, text="", output="a.json", key=["a"], value=1, tolerance=0, found=1, state=state)
        for state in states
    ]


def cause(inconclusive: bool) -> CauseResult:
    """A cause."""
    return CauseResult(stage="s", cause="c", says="", fix="", detail="", inconclusive=inconclusive, experiments=[])


HELD, NOT_HELD = (Perturbation(what="folder", value="", held=held, detail="") for held in (True, False))


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((outputs("EXACT"), [], [], [], []), "EXACT"),
        ((outputs("EXACT", "WITHIN TOLERANCE"), claims("held"), [], [HELD], []), "WITHIN TOLERANCE"),
        ((outputs("EXACT", "FAIL"), [], [], [], []), "FAIL"),
        ((outputs("EXACT"), claims("held", "broken"), [], [], []), "FAIL"),
        ((outputs("EXACT"), claims("open"), [], [], []), "EXACT"),
        ((outputs("EXACT"), [], [cause(inconclusive=False)], [], []), "FAIL"),
        ((outputs("EXACT"), [], [cause(inconclusive=True)], [], []), "INCONCLUSIVE"),
        ((outputs("EXACT"), [], [], [NOT_HELD], []), "FAIL"),
        ((outputs("EXACT"), [], [], [], ["a remote is away"]), "INCONCLUSIVE"),
        ((outputs("EXACT", "INCONCLUSIVE"), [], [], [], []), "INCONCLUSIVE"),
        (([], claims("broken"), [], [], []), "INCONCLUSIVE"),
        # Elsewhere: other bytes count as long as a claim holds.
        ((outputs("OTHER BYTES"), claims("held"), [], [], []), "WITHIN TOLERANCE"),
        ((outputs("OTHER BYTES"), [], [], [], []), "INCONCLUSIVE"),
    ],
)
def test_the_worst_part_decides(parts: Any, verdict: str) -> None:
    assert overall(*parts) == verdict
