"""A proof as a typed value: what was rerun, on what, with what result, and what binds it to a commit."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from probado.errors import Refused
from probado.evidence.claim import Claim
from probado.text import first_mistake

Verdict = Literal["EXACT", "WITHIN TOLERANCE", "FAIL", "INCONCLUSIVE"]
OutputVerdict = Literal["EXACT", "WITHIN TOLERANCE", "FAIL", "INCONCLUSIVE", "OTHER BYTES"]
ClaimState = Literal["held", "broken", "open", "aside"]
# Exit statuses; 2 is a usage error, as everywhere.
STATUS: dict[Verdict, int] = {"EXACT": 0, "WITHIN TOLERANCE": 0, "FAIL": 1, "INCONCLUSIVE": 3}


class Part(BaseModel):
    """A part of the evidence. It has no other keys, and nothing changes after it was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Judge(Part):
    """Who judged: version, one hash over all its files, and files that differ from the wheel that was installed."""

    version: str
    sha256: str
    # Installed from a wheel, and every file is as in it. The hash tells whether that wheel is the released one.
    as_installed: bool
    modified: list[str]
    # The same judge as the wheel in the commit's requirements/; None if the commit has no such wheel.
    of_project: bool | None


class Bound(Part):
    """What the proof speaks of. The tree is that of the commit, without the proof itself."""

    commit: str
    dirty: list[str]
    tree: str
    dvc_lock: dict[str, str]
    requirements: dict[str, str]
    data: dict[str, str]


class Machine(Part):
    """What it ran on. `id` tells machines apart without naming them."""

    id: str
    system: str
    processor: str
    cpu_class: str
    blas: str
    cores: int
    threads: int
    python: str
    # Models of NVIDIA's GPUs and their driver, empty without one.
    gpu: str = ""


class EnvironmentResult(Part):
    """Where the packages came from, and which are not as the locks say."""

    made: str
    seconds: float
    drifted: list[str]


class NetworkResult(Part):
    """How the network was kept from stages, and what an attempt to connect to a listener of this machine gave."""

    method: str
    probe: str


class Statement(Part):
    """What the result of one stage rests on. The same result needs no other rerun as long as all of it is the same."""

    # SHA-256 of its entry in dvc.lock: command, inputs, parameters, outputs.
    lock: str
    # SHA-256 of the other files of the repository that it used, by path: undeclared code, above all.
    code: dict[str, str]
    # SHA-256 over the names and versions of all packages, and Python's version.
    packages: str


class Taken(Part):
    """The proof from which a stage was taken over without a rerun: of which commit, by whom, on what."""

    commit: str
    made: str
    judge: str
    machine: str
    cpu_class: str


class StageResult(Part):
    """One stage of the rerun."""

    name: str
    seconds: float
    status: int
    network: Literal["allowed", "off"]
    problems: list[str]
    undeclared_code: list[str]
    statement: Statement | None = None
    taken: Taken | None = None


class OutputResult(Part):
    """One output: its hash as committed and as it came out, and how the two compare."""

    path: str
    stage: str
    verdict: OutputVerdict
    recorded: str | None
    found: str | None
    compared: str
    detail: str = ""
    differences: list[str] = []


class ClaimResult(Claim):
    """One claim, and what came out.

    It is open where nothing that was committed backs it yet, aside where it is about another setting.
    """

    found: float | None
    state: ClaimState
    detail: str = ""


class Experiment(Part):
    """One rerun of a stage under other circumstances, and what it gave."""

    what: str
    result: str


class CauseResult(Part):
    """Why a stage gave something else, and what mends it."""

    stage: str
    cause: str
    says: str
    fix: str
    detail: str
    # It says nothing about the project, such as a download that failed.
    inconclusive: bool
    experiments: list[Experiment]


class Perturbation(Part):
    """A circumstance that differed from the first rerun, and whether the outputs stayed the same."""

    what: str
    value: str
    held: bool
    detail: str


class Proof(Part):
    """A whole proof."""

    format: Literal[2]
    made: str
    verdict: Verdict
    headline: str
    judge: Judge
    bound: Bound
    machine: Machine
    made_elsewhere: bool
    environment: EnvironmentResult
    network: NetworkResult
    stages: list[StageResult]
    outputs: list[OutputResult]
    claims: list[ClaimResult]
    causes: list[CauseResult]
    perturbations: list[Perturbation]
    diagnosis: dict[str, list[Experiment]]
    # Why a part of the proof is undecided.
    reasons: list[str]
    advice: list[str]
    seconds: float

    @model_validator(mode="after")
    def _verdict_follows(self) -> Proof:
        expected = overall(self.outputs, self.claims, self.causes, self.perturbations, self.reasons)
        if self.verdict != expected:
            raise ValueError(f"its parts say {expected}, not {self.verdict}: it was changed after it was made")
        return self


def overall(
    outputs: list[OutputResult],
    claims: list[ClaimResult],
    causes: list[CauseResult],
    perturbations: list[Perturbation],
    reasons: list[str],
) -> Verdict:
    """The worst of all parts. Other bytes elsewhere are reported only: claims and declared tolerances decide there."""
    verdicts = {out.verdict for out in outputs}
    if "FAIL" in verdicts or any(not cause.inconclusive for cause in causes):
        return "FAIL"
    if any(claim.state == "broken" for claim in claims if outputs) or not all(one.held for one in perturbations):
        return "FAIL"
    if reasons or causes or not outputs or "INCONCLUSIVE" in verdicts:
        return "INCONCLUSIVE"
    if "OTHER BYTES" in verdicts and not any(claim.state == "held" for claim in claims):
        return "INCONCLUSIVE"
    return "EXACT" if verdicts == {"EXACT"} else "WITHIN TOLERANCE"


def read_proof(path: Path) -> Proof:
    """Read a proof from its file.

    Raises:
        Refused: there is none, it is not understood, or it contradicts itself.
    """
    try:
        proof = Proof.model_validate_json(path.read_bytes())
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): probado prove makes a proof") from error
    except ValidationError as error:
        raise Refused(f"{path} is no proof of this judge's format ({first_mistake(error)}): prove again") from error
    for out in proof.outputs:
        if out.verdict == "EXACT" and (out.found is None or out.found != out.recorded):
            raise Refused(f"{path}: the hashes of {out.path} are not EXACT: it was changed, or its judge was")
    return proof
