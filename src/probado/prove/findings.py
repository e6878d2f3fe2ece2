"""What a proof gathers as it goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from probado.evidence.proof import CauseResult, ClaimResult, Experiment, OutputResult, Perturbation, StageResult
from probado.prove.rerun import StageRun


@dataclass(frozen=True)
class Earlier:
    """A stage as an earlier proof has it, with its outputs."""

    stage: StageResult
    outputs: list[OutputResult]
    # How that proof kept the network and files off.
    method: str


@dataclass
class Findings:
    """What a proof gathers as it goes."""

    # What sets this proof apart from a full one.
    remarks: list[str] = field(default_factory=list)
    # Why a part of the proof is undecided.
    reasons: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    causes: list[CauseResult] = field(default_factory=list)
    runs: dict[str, StageRun] = field(default_factory=dict)
    # Stages that were taken over from earlier proofs.
    taken: dict[str, Earlier] = field(default_factory=dict)
    outputs: list[OutputResult] = field(default_factory=list)
    claims: list[ClaimResult] = field(default_factory=list)
    perturbations: list[Perturbation] = field(default_factory=list)
    diagnosis: dict[str, list[Experiment]] = field(default_factory=dict)

    def written(self) -> set[str]:
        """The outputs that came out, now or in the proofs that stages were taken over from."""
        before = {out.path for earlier in self.taken.values() for out in earlier.outputs}
        return before | {path for run in self.runs.values() for path, value in run.hashes.items() if value}
